// npm run up / down -- <site>: starts or stops the site's instance, and follows it until the site is live or asleep.
import { EC2Client, StartInstancesCommand, StopInstancesCommand } from '@aws-sdk/client-ec2'
import { listInstances } from '../functions/lib/aws/ec2.ts'
import { readDocuments } from '../functions/lib/aws/ssm.ts'
import { type Instance, selectInstances } from '../functions/lib/domain/instance.ts'
import { resolveSites } from '../functions/lib/domain/site-set.ts'
import { type Diagnosis, diagnosisScreen } from './diagnosis.ts'
import { aimAt, invoke, Refused } from './invoke.ts'
import { command, TARGET, warn } from './words.ts'

const USAGE = `npm run up -- <site> [options], npm run down -- <site> [options]
${TARGET}
exit code 0: live, or asleep, 1: not so after ten minutes, 2: wrong words, or nothing to start or stop`

/** Milliseconds: an agent can take minutes to register. */
const PATIENCE = 600_000
const BETWEEN_LOOKS = 1_000

const way = process.argv[2] === 'down' ? 'down' : 'up'
const ends = way === 'up' ? 'live' : 'asleep'

await command(
  USAGE,
  async (words) => {
    if (words.what === undefined) throw new Refused(`found no site, wanted a hostname\n${USAGE}`)
    const stage = aimAt(words, warn)
    const started = performance.now()
    const tell = (who: string, what: string) => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${seconds.padStart(6)} s  ${who.padEnd(15)} ${what}`)
    }
    const ids = await move(words.what, stage)
    tell('you', `${way === 'up' ? 'start' : 'stop'} ${ids.join(', ')}`)
    const last = await follow(words.what, stage, tell)
    if (last.verdict === ends) return 0
    for (const line of diagnosisScreen(last, { colour: false, columns: 100, evidence: false })) console.log(line)
    return 1
  },
  process.argv.slice(3),
)

/** @returns ids of the instances that were told. */
async function move(hostname: string, stage: string): Promise<string[]> {
  const { sites } = resolveSites(await readDocuments(`/ragstream-edge/${stage}/sites`), [])
  const site = sites.find((one) => one.hostname === hostname)
  const declared = sites.map((one) => one.hostname).join(', ') || 'none'
  if (!site) throw new Refused(`${hostname}: found no such site in stage ${stage}; declared: ${declared}`)
  const all = selectInstances([site], await listInstances(stage)).get(hostname) ?? []
  const chosen = all.filter(({ state }) => state === (way === 'up' ? 'stopped' : 'running'))
  if (chosen.length === 0) throw new Refused(`${hostname}: nothing to ${way === 'up' ? 'start' : 'stop'}: ${told(all)}`)
  const InstanceIds = chosen.map(({ id }) => id)
  const client = new EC2Client()
  await (way === 'up'
    ? client.send(new StartInstancesCommand({ InstanceIds }))
    : client.send(new StopInstancesCommand({ InstanceIds })))
  client.destroy()
  return InstanceIds
}

function told(instances: readonly Instance[]): string {
  return instances.map(({ id, state }) => `${id} is ${state}`).join(', ') || 'no instance has its tags'
}

/** Tells each hop when it becomes, or is no longer, as it should be. */
async function follow(hostname: string, stage: string, tell: (who: string, what: string) => void): Promise<Diagnosis> {
  const seen = new Map<string, string>()
  const until = performance.now() + PATIENCE
  for (;;) {
    const diagnosis = (await invoke(stage, 'diagnose', { site: hostname })) as Diagnosis
    for (const { hop, state, evidence } of diagnosis.hops) {
      if (state === 'ok' && seen.get(hop) !== evidence) tell(hop, evidence)
      seen.set(hop, state === 'ok' ? evidence : state)
    }
    if (diagnosis.verdict === ends || performance.now() > until) {
      tell(diagnosis.verdict, diagnosis.sentence)
      return diagnosis
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS))
  }
}
