// npm run up / down -- <site>: starts or stops the site's instance, and follows it until the site is live or asleep.
import { diagnosisScreen } from './diagnosis.ts'
import { aimAt, Refused } from './invoke.ts'
import { follow, hostsOf, replaced, switchPower, timeline, told } from './site-power.ts'
import { command, TARGET, warn } from './words.ts'

const USAGE = `npm run up -- <site> [options], npm run down -- <site> [options]
  --patience   seconds to wait for it; 600 is the default, since an agent can take minutes to register
${TARGET}
exit code 0: live, or asleep, 1: not so in time, 2: wrong words, or nothing to start or stop`

const way = process.argv[2] === 'down' ? 'down' : 'up'
const act = way === 'up' ? 'start' : 'stop'
const ends = way === 'up' ? 'live' : 'asleep'

await command(
  USAGE,
  async ({ what: hostname, patience, ...target }) => {
    if (hostname === undefined) throw new Refused(`found no site, wanted a hostname\n${USAGE}`)
    const stage = aimAt(target, warn)
    const tell = timeline()
    const { instances } = await hostsOf(hostname, stage)
    const lost = replaced(instances)
    if (lost) throw new Refused(`${hostname}: ${lost}`)
    const ids = instances.filter(({ state }) => state === (way === 'up' ? 'stopped' : 'running')).map(({ id }) => id)
    if (ids.length === 0) throw new Refused(`${hostname}: nothing to ${act}: ${told(instances)}`)
    await switchPower(way, ids)
    tell('you', `${act} ${ids.join(', ')}`)
    const last = await follow({ hostname, stage, ends, patience }, tell)
    if (last.verdict === ends) return 0
    for (const line of diagnosisScreen(last, { colour: false, columns: 100, evidence: false })) console.log(line)
    return 1
  },
  process.argv.slice(3),
)
