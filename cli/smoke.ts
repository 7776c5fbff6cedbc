// npm run smoke:aws -- <site>: stop, start, live, diagnose in an account, with the timeline. Asks before it touches anything.
import { createInterface } from 'node:readline/promises'
import { type Diagnosis, diagnosisScreen } from './diagnosis.ts'
import { type Aim, aimAt, invoke, Refused } from './invoke.ts'
import { follow, hostsOf, rest, switchPower, type Tell, timeline } from './site-power.ts'
import { planSmoke, type SmokePlan } from './smoke-plan.ts'
import { command, TARGET, type Words, warn } from './words.ts'

const USAGE = `npm run smoke:aws -- <site> [options]
stops the site's instance until the site is asleep, starts it until it is live, looks at every hop, and prints the timeline
  --yes        without asking
  --patience   seconds to wait for each of them, 600 is the default
${TARGET}
It takes the rights ssm:GetParametersByPath, ec2:DescribeInstances, ec2:StopInstances, ec2:StartInstances and lambda:InvokeFunction.
exit code 0: asleep, then live, 1: not so in time, with the broken hop, 2: refused, and nothing was touched`

const TURNS = { down: ['stop', 'asleep'], up: ['start', 'live'] } as const

await command(USAGE, async (words) => {
  const { what: hostname, patience } = words
  if (hostname === undefined) throw new Refused(`found no site, wanted a hostname\n${USAGE}`)
  const stage = aimAt(words, warn)
  const plan = planSmoke(hostname, await hostsOf(hostname, stage))
  if (typeof plan === 'string') throw new Refused(plan)
  await agree([`${hostname}, stage ${stage}, ${where(words)}:`, ...plan.words], words)
  return run({ hostname, stage, patience, plan })
})

function where({ local }: Aim): string {
  if (local) return 'the local cloud'
  const { AWS_REGION, AWS_PROFILE } = process.env
  return `${AWS_REGION}${AWS_PROFILE ? `, as ${AWS_PROFILE}` : ''}`
}

/** @throws Refused without a yes */
async function agree(what: readonly string[], { yes }: Words): Promise<void> {
  for (const line of what) console.log(line)
  if (yes) return
  if (!process.stdin.isTTY) throw new Refused('found no terminal to ask, wanted a yes: --yes')
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await prompt.question('Go on? [y/N] ')
  prompt.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Refused('nothing was touched')
}

interface Run {
  readonly hostname: string
  readonly stage: string
  readonly patience: number
  readonly plan: SmokePlan
}

/** What was stopped is started again, whatever the look in between said, and once EC2 has ended the stop. */
async function run({ plan, ...site }: Run): Promise<number> {
  const tell = timeline()
  process.once('SIGINT', () => {
    warn(`interrupted: ${plan.start.join(', ')} may be stopped now: npm run up -- ${site.hostname}`)
    process.exit(130)
  })
  const asleep = plan.stop.length === 0 ? undefined : await turn('down', plan.stop, site, tell)
  const live = await turn('up', plan.start, site, tell)
  const last = (await invoke(site.stage, 'diagnose', { site: site.hostname })) as Diagnosis
  const columns = process.stdout.columns ?? 100
  for (const line of ['', ...diagnosisScreen(last, { colour: false, columns, evidence: true })]) console.log(line)
  const turns = [...(asleep ? [asleep] : []), live]
  const missed = turns.find(({ trouble }) => trouble !== undefined)
  if (!missed && last.verdict === 'live') {
    console.log(`\nSMOKE ok: ${turns.map(({ says }) => says).join(', ')}`)
    return 0
  }
  const why = last.verdict === 'live' ? missed?.trouble : last.sentence
  console.log(`\nSMOKE failed: ${missed ? `${missed.says}: ` : ''}${why}`)
  return 1
}

interface Turned {
  readonly says: string
  /** Missing: it ended as wanted. */
  readonly trouble?: string
}

async function turn(way: 'up' | 'down', ids: readonly string[], site: Omit<Run, 'plan'>, tell: Tell): Promise<Turned> {
  const [act, ends] = TURNS[way]
  const since = performance.now()
  try {
    await switchPower(way, ids)
    tell('you', `${act} ${ids.join(', ')}`)
    return await watched(way, since, site, tell).finally(async () => {
      if (way === 'up') return
      await rest(ids)
      tell('stopped', ids.join(', '))
    })
  } catch (error) {
    tell('error', (error as Error).message)
    return { says: `not seen ${ends} after the ${act}`, trouble: (error as Error).message }
  }
}

async function watched(way: 'up' | 'down', since: number, site: Omit<Run, 'plan'>, tell: Tell): Promise<Turned> {
  const [act, ends] = TURNS[way]
  const { verdict, sentence } = await follow({ ...site, ends }, tell)
  const after = `${((performance.now() - since) / 1000).toFixed(1)} s after the ${act}`
  return verdict === ends ? { says: `${ends} ${after}` } : { says: `not ${ends} ${after}`, trouble: sentence }
}
