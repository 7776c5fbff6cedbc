// What a smoke run in an account has seen of what nobody has seen yet, as a block for an issue: no name, no id, no address. Pure.

/** Each question, and what this project expects. */
export const QUESTIONS = {
  pending: ['is a Pending command found by its instance', 'yes; else a run is sent twice after a lost answer'],
  pages: ['pages of ListCommandInvocations with the filter DocumentName', 'short or empty ones, with a token'],
  unregistered: ['the error for a tagged instance without an agent', 'InvalidInstanceId, or AccessDeniedException'],
  inspection: ['an inspection of the host', '1 to 3 s'],
  address: ['the public address, after the start', 'while it is pending'],
  deployer: ['who deployed the stack', 'docs/deploy-role.json got through'],
  agent: ['the agent, after running', '10 to 60 s'],
  nameServers: ['all name servers, after the record', 'within 60 s'],
  rollout: ['the first command, after the site’s parameter', 'within 60 s: by the event of its creation'],
  year: ['a year of it', '27 to 52 USD within the free tier, 79 to 139 without'],
} as const

export type Question = keyof typeof QUESTIONS

/** A text each; of what was not seen, why. */
export type Seen = Partial<Readonly<Record<Question, string>>>

/** What no run can see. */
const BY_HAND: Seen = {
  deployer: 'fill in: administrator, or the role of docs/deploy-role.json, and what it was refused',
  year: 'fill in after a month: Cost Explorer, tag project = ragstream-edge, times 12',
}

export function firstHourBlock(seen: Seen, about: { readonly region: string; readonly turns: string }): string[] {
  const known: Seen = { ...BY_HAND, ...seen }
  const rows = Object.entries(QUESTIONS).map(
    ([key, [asks, expects]]) => `| ${asks} | ${expects} | ${known[key as Question] ?? 'not seen'} |`,
  )
  return [
    'The first hour in an account: please paste this into an issue of ragstream-edge. It has no name, id or address of yours.',
    '',
    `ragstream-edge in ${about.region}: ${about.turns}`,
    '',
    '| what | expected | seen |',
    '| --- | --- | --- |',
    ...rows,
  ]
}

/** Milliseconds as seconds. */
export const spoken = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
