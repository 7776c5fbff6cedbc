// What people and AWS do while the service works: each act changes the account, most of them are told by an event.
import { ServiceError } from '../../../local/world/types.ts'
import { type Account, PATH } from './account.ts'
import { liveNames, type SiteDocument } from './documents.ts'
import { documentOf, instanceId, putAt, recordsOf, tagsOf } from './genesis.ts'
import { allNames, type RecordType, verdict } from './oracle.ts'
import type { Act, RecordKind, Scenario } from './scenario.ts'

/** What the service would refuse to do does not happen. */
export function perform(account: Account, act: Act, scenario: Scenario): void {
  try {
    performers[act.kind](account, act, scenario)
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
  }
}

type Performer = (account: Account, act: Act, scenario: Scenario) => void

const performers: Readonly<Record<Act['kind'], Performer>> = {
  start: (account, { which }) => account.dispatch({ type: 'StartInstances', ids: chosen(account, which) }),
  stop: (account, { which }) => account.dispatch({ type: 'StopInstances', ids: chosen(account, which) }),
  terminate: (account, { which }) => account.dispatch({ type: 'TerminateInstances', ids: chosen(account, which) }),
  launch: (account, { which }) => {
    const id = instanceId(account.state.instances.size + 0x100)
    const tags = tagsOf({ name: which % 4, web: which % 3 === 0, ipv6: false, state: 'pending' })
    account.dispatch({ type: 'RunInstance', id, tags })
  },
  /** Gone from every answer at once, as after a lost tag. */
  vanish: (account, { which }) => {
    const gone = new Set(chosen(account, which))
    account.alter((world) => ({
      ...world,
      instances: new Map([...world.instances].filter(([id]) => !gone.has(id))),
    }))
  },
  associate: (account, { which }) => {
    const [id = ''] = chosen(account, which)
    account.dispatch({ type: 'AssociateAddress', id, address: `198.51.100.${which + 100}` })
  },
  release: (account, { which }) => {
    const [id = ''] = chosen(account, which)
    account.dispatch({ type: 'AssociateAddress', id, address: null })
  },
  site: (account, act, { zones, sites }) => declare(account, documentOf(act.site, act.which % sites.length, zones)),
  breakSite: (account, { which }) => {
    const site = siteOf(account, which)
    if (!site) return
    put(account, `sites/${site.hostname}`, JSON.stringify({ ...site, ttl: 'soon' }))
    without(account, site)
  },
  deleteSite: (account, { which }) => {
    const site = siteOf(account, which)
    if (!site) return
    account.dispatch({ type: 'DeleteParameter', name: `${PATH}/sites/${site.hostname}` })
    without(account, site)
  },
  image: (account, { which }) => {
    const site = siteOf(account, which)
    if (site) put(account, `images/${site.hostname}`, which % 2 === 0 ? 'ragstream:1.5.0' : 'not an image')
  },
  record: (account, { which, record }) => {
    const site = siteOf(account, which)
    const names = site ? allNames(site) : []
    if (site) edit(account, site, names[which % names.length]!, record)
  },
  slow: (account, { which }) =>
    account.dispatch({ type: 'SetTempo', tempo: { insyncMs: which % 2 === 0 ? 25_000 : 500 } }),
  /** `lost`: what starts from now on gets an address, falls back to `stopped`, and loses the address. */
  capacity: (account, { which }) =>
    account.dispatch({ type: 'SetTempo', tempo: { capacity: which % 2 === 0 ? 'lost' : 'free' } }),
}

function chosen(account: Account, which: number): string[] {
  const ids = [...account.state.instances.keys()]
  return ids.length > 0 ? [ids[which % ids.length]!] : []
}

function siteOf(account: Account, which: number): SiteDocument | undefined {
  const sites = [...account.documents.at(-1)!.value.values()]
  return sites[which % Math.max(1, sites.length)]
}

const put = (account: Account, name: string, value: string) =>
  account.dispatch({ type: 'PutParameter', name: `${PATH}/${name}`, value, overwrite: true })

function declare(account: Account, site: SiteDocument): void {
  put(account, `sites/${site.hostname}`, JSON.stringify(site))
  account.declare(new Map([...account.documents.at(-1)!.value, [site.hostname, site]]))
}

const without = (account: Account, { hostname }: SiteDocument): void =>
  account.declare(new Map([...account.documents.at(-1)!.value].filter(([name]) => name !== hostname)))

/** A person writes the records of a name by hand. */
export function edit(account: Account, site: SiteDocument, name: string, kind: RecordKind): void {
  const records = kind === 'right' ? rightRecords(account, site, name) : recordsOf(kind, site, name)
  account.alter((world) => putAt(world, site.hostedZoneId, name, records))
}

function rightRecords(account: Account, site: SiteDocument, name: string) {
  const documents = account.documents.at(-1)!.value
  return (['A', 'AAAA'] satisfies RecordType[]).flatMap((type) => {
    const right = verdict(documents, account.seenInstances(), site.hostedZoneId, name, type)
    return right.kind === 'leave' || right.record === null ? [] : [right.record]
  })
}

/** A record beside ours at every other name, and whatever the scenario wants to stand there. */
export function furnish(account: Account, { records, protectedNames }: Scenario): void {
  const claims = [...account.documents.at(-1)!.value.values()].flatMap((site) =>
    allNames(site).map((name) => ({ site, name })),
  )
  for (const [index, { site, name }] of claims.entries()) {
    const text = { name, type: 'TXT', ttl: 300, values: ['"kept"'] }
    if (index % 2 === 0) account.alter((world) => putAt(world, site.hostedZoneId, name, [text]))
    edit(account, site, name, records[index % records.length]!)
    if (!protectedNames.includes(index) || !account.zone(site.hostedZoneId)) continue
    account.dispatch({ type: 'ProtectRecords', zoneId: site.hostedZoneId, keys: [`${name}|A`] })
  }
  for (const site of account.documents.at(-1)!.value.values()) neighbour(account, site)
}

/** Sorts right after the site's name: what a careless reader takes for it. */
function neighbour(account: Account, site: SiteDocument): void {
  const name = `0.${liveNames(site)[0]}`
  const record = { name, type: 'A', ttl: 60, values: ['198.51.100.9'] }
  account.alter((world) => putAt(world, site.hostedZoneId, name, [record]))
}
