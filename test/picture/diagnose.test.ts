// A fault at each hop is made for real on one cloud, named by the deployed function, and undone; then two at once. With LONG=true every fault.
import type { Diagnosis } from '../../functions/lib/diagnosis/diagnosis.ts'
import type { Scene, Undo } from '../../local/faults/fault.ts'
import { FAULTS, type FaultName, faultNames, PAIRS } from '../../local/faults/faults.ts'
import { serveHttps } from '../../local/faults/https.ts'
import { untilLive } from '../../local/scenario.ts'
import { faultScene } from '../../local/scene.ts'
import { expectLooked } from '../support/ask.ts'
import { pictureTest } from '../support/failure.ts'
import { LONG } from '../support/long-tests.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const TRIED: readonly FaultName[] = LONG
  ? faultNames
  : [
      'record-old',
      'port-80-closed',
      'host-firewall',
      'nginx-stopped',
      'site-block-removed',
      'certificate-expired',
      'container-stopped',
      'app-not-listening',
      'agent-offline',
    ]

/** Seconds; it is one of the first files of a run, beside the set-up of others. */
const PATIENCE = 900

let cloud: RealCloud
let scene: Scene
beforeAll(async () => {
  // A command that has failed is not tried again while somebody looks.
  cloud = await realCloud({ tempo: { insyncMs: 100 }, environment: { RETRY_AFTER: '600,600' }, standIn: true })
  const instanceId = cloud.launch()
  await untilLive(cloud, cloud.site, instanceId, PATIENCE)
  const { room, site, stage } = cloud
  scene = faultScene({ cloud, room, site, stage, instanceId })
}, 2_000_000)
afterAll(() => cloud?.close())

/** Where the evidence has two readings, as with a Docker too busy to answer, both are named. */
const names = ({ causes }: Diagnosis) => causes.flatMap(({ name, or }) => (or ? [name, or.name] : [name]))

const expectLive = (check: (diagnosis: Diagnosis) => void) => expectLooked(cloud, 'live', check)

function expectNamed(...faults: readonly FaultName[]): Promise<void> {
  const wanted = faults.map((name) => FAULTS[name].expected)
  const verdict = wanted.find((one) => one.verdict !== 'live')?.verdict ?? 'live'
  const causes = expect.arrayContaining(wanted.flatMap((one) => [...one.causes]))
  const restricted = wanted.some((one) => one.restricted === true)
  return expectLooked(cloud, verdict, (diagnosis) => {
    const found = { restricted: diagnosis.restricted, causes: names(diagnosis) }
    expect(found).toEqual({ restricted, causes })
    if (wanted.every((one) => one.causes.length === 0)) expect(found.causes).toEqual([])
  })
}

async function whileBroken(faults: readonly FaultName[], look: () => Promise<void>): Promise<void> {
  const undo: Undo[] = []
  try {
    for (const name of faults) undo.push(await FAULTS[name].inject(scene))
    await look()
  } finally {
    for (const one of undo.reverse()) await one()
  }
}

const picture = (name: string, body: () => Promise<void>) => pictureTest(name, () => cloud, body)

picture('a healthy site is live, without a word of doubt', async () => {
  await cloud.stack.idle()
  await expectLive((diagnosis) => {
    console.log(`a healthy site was looked at for ${diagnosis.tookMs} ms`)
    expect(diagnosis).toMatchObject({ restricted: false, causes: [] })
    expect(diagnosis.hops.filter(({ state }) => state !== 'ok')).toEqual([])
  })
})

const named = (name: FaultName) =>
  picture(`${name}: ${FAULTS[name].about}`, () => whileBroken([name], () => expectNamed(name)))

describe('each fault is named', () => {
  // The instance that is stopped comes last: nobody needs it again.
  for (const name of TRIED.filter((one) => one !== 'instance-stopped' && !FAULTS[one].ofHttps)) named(name)
})

describe('each fault of a site with HTTPS is named', () => {
  let withdraw: Undo
  picture('HTTPS is served, with a certificate of an authority that the functions know', async () => {
    withdraw = await serveHttps(scene)
    await expectLive(({ restricted, causes, hops }) => {
      expect({ restricted, causes }).toEqual({ restricted: false, causes: [] })
      expect(hops.find(({ hop }) => hop === 'nginx')?.evidence).toMatch(/; certificate until [\dTZ:-]+$/)
    })
  })
  for (const name of TRIED.filter((one) => FAULTS[one].ofHttps)) named(name)
  picture('HTTPS is switched off again', () => withdraw())
})

describe('two faults at once are both named', () => {
  for (const pair of LONG ? PAIRS : PAIRS.slice(0, 1))
    picture(pair.join(' and '), () => whileBroken(pair, () => expectNamed(...pair)))
})

picture('after all of it the site is as live as before', async () => {
  await expectLive(({ causes }) => expect(causes).toEqual([]))
  expect(cloud.happened.filter(({ kind }) => kind === 'problem')).toEqual([])
})

picture('instance-stopped: nothing is broken, the site is asleep', async () => {
  await FAULTS['instance-stopped'].inject(scene)
  await expectNamed('instance-stopped')
})
