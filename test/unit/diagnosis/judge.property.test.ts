// Any faults together, any probe failed: the verdict is total, names what can be seen, and never says live of a site that
// is not.
import fc from 'fast-check'
import { judge } from '../../../functions/lib/diagnosis/judge.ts'
import type { Connection, HttpAnswer, Observation, TlsAnswer } from '../../../functions/lib/diagnosis/observation.ts'
import { isOk } from '../../../functions/lib/diagnosis/web.ts'
import { CERTIFICATE, FAULTS, observationOf, pageWorks, visible } from '../../support/diagnosed.ts'
import {
  anInspection,
  answer,
  failed,
  healthy,
  healthyTls,
  inspected,
  notAsked,
  seen,
  servedCertificate,
} from '../../support/observation.ts'

const faults = fc.subarray([...FAULTS])
const named = (observation: Observation): string[] =>
  judge(observation, 1).causes.flatMap(({ name, or }) => (or ? [name, or.name] : [name]))

test.each(FAULTS.map((fault) => [fault]))('%s alone: named, with nothing beside it', (fault) =>
  expect(judge(observationOf(fault), 1).causes.map(({ name }) => name)).toEqual([fault]),
)

const pairs = FAULTS.flatMap((one, index) => FAULTS.slice(index + 1).map((other) => [one, other] as const))

test('two faults: each that can be seen is named, and nothing else', () => {
  const wrong = pairs.flatMap(([one, other]) => {
    const names = named(observationOf(one, other))
    const missed = visible(one, other).filter((fault) => !names.includes(fault))
    return missed.length > 0 ? [`${one} + ${other}: missed ${missed}, named ${names}`] : []
  })
  expect(wrong).toEqual([])
})

test('any faults: each that can be seen is named', () =>
  fc.assert(
    fc.property(faults, (some) => {
      expect(named(observationOf(...some))).toEqual(expect.arrayContaining(visible(...some)))
    }),
    { numRuns: 500 },
  ))

test('any faults: live exactly where the page works and nothing is broken', () =>
  fc.assert(
    fc.property(faults, (some) => {
      const { verdict, hops } = judge(observationOf(...some), 1)
      const limited = some.includes('body-limit')
      expect(verdict === 'live').toBe(pageWorks(...some) && !limited)
      if (verdict === 'live') expect(hops.filter(({ state }) => state === 'broken')).toEqual([])
    }),
    { numRuns: 500 },
  ))

const PROBES = Object.entries(observationOf())
  .filter(([, value]) => typeof value === 'object' && 'kind' in value)
  .map(([key]) => key)

const OUTSIDE = ['port80', 'tls', 'health', 'webSocket']

test('any faults, any probes failed or not made: no exception, and never live where the page does not work', () =>
  fc.assert(
    fc.property(faults, fc.subarray(PROBES), fc.boolean(), (some, lost, asked) => {
      const none = asked ? failed('no result within 2000 ms') : notAsked('not asked')
      const observation = { ...observationOf(...some), ...Object.fromEntries(lost.map((key) => [key, none])) }
      const diagnosis = judge(observation, 1)
      // A certificate is judged by who is shown it: where nobody outside can be asked, the host's own look is all.
      const blind = !asked && OUTSIDE.every((key) => lost.includes(key))
      const known = blind ? some.filter((fault) => !CERTIFICATE.some((one) => one === fault)) : some
      if (diagnosis.verdict === 'live') expect(pageWorks(...known)).toBe(true)
      expect(diagnosis.path.filter((line) => line.length > 80 || /[^\x20-\x7e]/.test(line))).toEqual([])
      expect(diagnosis.hops).toHaveLength(12)
    }),
    { numRuns: 1_500 },
  ))

const answers = fc.oneof(
  fc.constantFrom<HttpAnswer>({ kind: 'ended' }, { kind: 'refused' }, { kind: 'silent' }),
  fc
    .tuple(fc.constantFrom(200, 301, 400, 403, 404, 413, 500, 502, 503, 504), fc.constantFrom('ok', '', '<html>'))
    .map(([status, body]) => answer(status, body)),
)
const told = fc.record({ status: fc.constantFrom(0, 200, 404, 502, 504), body: fc.constantFrom('ok', '<html>') })
const rendering = fc.constantFrom(null, 'aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb')
const usual = anInspection()

/** Any view of the host, also one that contradicts what came through: hosts change while they are looked at. */
const views = fc
  .record({
    active: fc.boolean(),
    unknownHost: fc.constantFrom(null, 'none' as const, 'site' as const, 'refused' as const),
    file: rendering,
    live: rendering,
    state: fc.constantFrom('running', 'exited', 'absent', 'unknown', 'restarting'),
    publish: fc.constantFrom<string[]>([], usual.container.publish as string[], ['127.0.0.1:8502->8501/tcp']),
    listens: fc.constantFrom<string[] | null>(null, [], ['0.0.0.0:8501'], ['127.0.0.1:8501']),
    app: told,
    nginx: told,
    socket: fc.constantFrom(0, 101, 200),
    port80: fc.constantFrom(null, 'open' as const, 'closed' as const),
  })
  .map(({ active, unknownHost, file, live, state, publish, listens, app, nginx, socket, port80 }) =>
    inspected({
      ...usual,
      rendering: { file, live },
      nginx: { ...usual.nginx, active, unknownHost },
      container: { ...usual.container, state, publish, listens },
      answers: { app, nginx, appWebSocket: socket, nginxWebSocket: socket },
      firewall: { port80, rule: null },
    }),
  )

const reachedTls = (tls: string, reached: boolean): 'ended' | 'refused' | 'silent' =>
  reached && (tls === 'ended' || tls === 'refused') ? tls : 'silent'

test('whatever else was seen: a site that outside is seen not to work is never left without a cause', () =>
  fc.assert(
    fc.property(
      fc.constantFrom<Connection>('open', 'refused', 'silent', 'unreachable'),
      answers,
      answers,
      answers,
      fc.oneof(views, fc.constant(failed('AccessDenied')), fc.constant(seen({ kind: 'not taken' } as const))),
      fc.constantFrom<'no' | TlsAnswer['kind']>('no', 'served', 'ended', 'refused', 'silent'),
      (port80, health, unknownHost, webSocket, host, tls) => {
        const reached = port80 === 'open'
        const web = (one: HttpAnswer): HttpAnswer =>
          reached ? one : { kind: port80 === 'refused' ? 'refused' : 'silent' }
        const shown = reached && tls === 'served' ? servedCertificate() : seen({ kind: reachedTls(tls, reached) })
        const base = tls === 'no' ? healthy() : healthyTls({ tls: shown })
        const observation = {
          ...base,
          port80: seen(port80),
          ...{ health: seen(web(health)), unknownHost: seen(web(unknownHost)), webSocket: seen(web(webSocket)), host },
        }
        const secure = tls === 'no' || tls === 'served'
        const up =
          reached && secure && isOk(base.site, health) && webSocket.kind === 'answer' && webSocket.status === 101
        fc.pre(!up)
        const { verdict, hops } = judge(observation, 1)
        expect(verdict).toBe('broken')
        expect(hops.filter(({ state }) => state === 'broken')).not.toEqual([])
      },
    ),
    { numRuns: 2_000 },
  ))
