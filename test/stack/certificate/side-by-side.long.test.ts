// Two runs at once against a real authority that takes a proof for many orders, as Let's Encrypt does; and a certificate as large as one may be.
import { certificate } from '../../../functions/certificate/handler.ts'
import { newAccountKey } from '../../../functions/lib/acme/account.ts'
import { obtain } from '../../../functions/lib/acme/authority.ts'
import type { CertificatePorts } from '../../../functions/lib/certificates/converge.ts'
import type { UnwantedPorts } from '../../../functions/lib/certificates/discard.ts'
import type { OrderWait } from '../../../functions/lib/certificates/order-wait.ts'
import { parseSite, type Site } from '../../../functions/lib/domain/site.ts'
import { type Certificate, certificateNames } from '../../../functions/lib/domain/site-certificate.ts'
import { siteMessage } from '../../../functions/lib/domain/trigger.ts'
import { aSite, siteDocument } from '../../support/domain.ts'
import { sqsEvent, sqsRecord } from '../../support/events.ts'
import { fakeDns } from '../../support/fake-dns.ts'
import { fakeQueue } from '../../support/fake-queue.ts'
import { type Pebble, startPebble } from '../../support/pebble.ts'
import { remembering } from '../../support/telemetry.ts'

const NAME = 'app.example.com'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let pebble: Pebble
let accountKey: string
beforeAll(async () => {
  // No name server is asked: what is seen here is who asks the authority for what, and when.
  pebble = await startPebble('127.0.0.1:1', '127.0.0.1', { AUTHZREUSE: '100', VA_ALWAYS_VALID: '1' })
  pebble.trust()
  accountKey = await newAccountKey()
})
afterAll(() => pebble?.close())

/** What both runs see: a vault and a zone; the authority is real. */
function aWorld(site: Site) {
  const [dns, telemetry] = [fakeDns(), remembering()]
  let [declared, wait, issued] = [site, undefined as OrderWait | undefined, 0]
  let turn = 0
  const announced: Certificate[] = []
  const ports: CertificatePorts & UnwantedPorts = {
    readSites: async () => ({ sites: [declared], broken: [] }),
    directory: pebble.directory,
    async obtain(names, steps) {
      const one = await obtain(pebble.directory, accountKey, names, steps)
      issued += 1
      return one
    },
    storeKey: async (_, key) => `/tls/${key.length}`,
    storeCertificate: async () => {},
    async announce(_, one) {
      announced.push(one)
      declared = { ...declared, certificate: one }
    },
    discard: async () => {},
    readWait: async () => wait,
    async writeWait(_, one) {
      wait = one
    },
    async dropWait() {
      wait = undefined
    },
    listRecords: dns.listRecords,
    changeRecords: dns.changeRecords,
    isInSync: async () => true,
    readUnwanted: async () => ({ unwanted: [], isLast: false }),
    leaveAuthority: async () => {},
    forget: async () => {},
    listOrphans: async () => [],
    deleteOrphan: async () => {},
    // Two runs whose claims end in the same millisecond would take each other's for their own.
    clock: { now: Date.now, sleep: async () => {}, random: () => (turn++ % 2) / 2 },
  }
  async function receive(id: string) {
    const queue = fakeQueue()
    const event = sqsEvent(sqsRecord(siteMessage(NAME), { id }))
    const { batchItemFailures } = await certificate(event, Date.now() + 5 * MINUTE, {
      ...{ certificates: ports, queue, telemetry },
    })
    return { comesBack: batchItemFailures.length > 0, buried: queue.buried }
  }
  /** As it will be when two thirds of its life have passed. */
  const letTimePass = () => {
    const [notBefore, notAfter] = [-70, 20].map((days) => new Date(Date.now() + days * DAY).toISOString())
    declared = { ...declared, certificate: { ...declared.certificate!, notBefore: notBefore!, notAfter: notAfter! } }
  }
  return {
    receive,
    letTimePass,
    announced,
    telemetry,
    issued: () => issued,
    zone: () => [...dns.zones.values()].flat(),
  }
}

test('two messages at once, before and after the authority knows the names: one certificate each time, and nobody is refused', async () => {
  const world = aWorld(aSite(NAME, { aliases: ['www.example.com'], tls: 'acme' }))
  for (const round of [1, 2]) {
    const both = await Promise.all([world.receive('m1'), world.receive('m2')])
    expect(both.flatMap(({ buried }) => buried)).toEqual([])
    expect([world.issued(), world.announced.length]).toEqual([round, round])
    expect(both.filter(({ comesBack }) => comesBack).length).toBeLessThan(2)
    expect(world.telemetry.lines.join('\n')).not.toContain('refuses')
    expect(world.zone()).toEqual([])
    // Whoever came too late finds a good one.
    expect(await world.receive('m2')).toEqual({ comesBack: false, buried: [] })
    expect(world.issued()).toBe(round)
    world.letTimePass()
  }
})

test('two sites at once, and the authority does not know the account yet: both get a certificate', async () => {
  const key = await newAccountKey()
  const accounts = pebble.accounts()
  const steps = { prove: async () => {}, keep: async () => {} }
  const names = ['one.example.com', 'two.example.com', 'three.example.com']
  const settled = await Promise.allSettled(names.map((name) => obtain(pebble.directory, key, [name], steps)))
  expect(settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))).toEqual([])
  expect(pebble.accounts()).toBe(accounts + 1)
})

test('as many names as are admitted: the certificate fits into 4,096 characters with 700 left for what larger authorities add', async () => {
  const aliases = Array.from(
    { length: 46 },
    (_, index) => `${'x'.repeat(20)}${String(index).padStart(3, '0')}.example.com`,
  )
  const names = certificateNames({ hostname: NAME, aliases })
  expect(parseSite(siteDocument(NAME, { aliases, tls: 'acme' }))).toMatchObject({ ok: true })
  expect(parseSite(siteDocument(NAME, { aliases: [...aliases, `y${aliases[0]}`], tls: 'acme' }))).toMatchObject({
    ok: false,
  })
  const steps = { prove: async () => {}, keep: async () => {} }
  const issued = await obtain(pebble.directory, accountKey, names, steps)
  expect(issued.certificate.length).toBeGreaterThan(3000)
  expect(issued.certificate.length).toBeLessThan(4096 - 700)
})
