// Property: whatever site the schema accepts, the host's document takes it, and its free text arrives unharmed.
import fc from 'fast-check'
import { parseSite, type Site } from '../../../functions/lib/domain/site.ts'
import { configureHost, outsidePatterns } from '../../../functions/lib/hosts/command.ts'
import { anyCharacter } from '../../support/characters.ts'
import { siteDocument } from '../../support/domain.ts'

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
const hostname = fc.tuple(fc.array(label, { minLength: 1, maxLength: 4 }), fc.constantFrom('com', 'de', 'xn--p1ai'))
const name = hostname.map(([labels, top]) => [...labels, top].join('.'))
const image = fc.oneof(
  fc.constantFrom('a', 'a_b:1', 'reg.example.com:5000/team/app:1.4.0', `app@sha256:${'0'.repeat(64)}`),
  fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}(\/[a-z0-9._-]{1,10}){0,2}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,20})?$/),
)
const folder = fc.stringMatching(/^(\/[A-Za-z0-9_.-]{1,10}){1,3}$/)
/** Any text at all, also halves of surrogate pairs and control characters: parseSite has to sort out. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: anyCharacter }),
  fc.constantFrom("'", '$(id)', '\ud800', '\u2028'),
)

const document = fc
  .record({
    hostname: name,
    aliases: fc.uniqueArray(name, { maxLength: 3 }),
    image: fc.oneof(image, anyText),
    ports: fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 65535 })),
    env: fc.dictionary(fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,10}$/), anyText, { maxKeys: 3 }),
    volumes: fc.array(fc.tuple(folder, folder, fc.constantFrom('', ':ro')), { maxLength: 3 }),
    memory: fc.option(fc.stringMatching(/^[1-9][0-9]{0,6}[mg]$/)),
    size: fc.stringMatching(/^[1-9][0-9]{0,5}[kmg]$/),
    timeout: fc.integer({ min: 5, max: 600 }),
  })
  .map(({ ports: [port, hostPort], size, timeout, ...rest }) =>
    siteDocument(rest.hostname, {
      aliases: rest.aliases,
      image: rest.image,
      container: {
        port,
        hostPort,
        env: rest.env,
        volumes: rest.volumes.map(([from, to, mode]) => `${from}:${to}${mode}`),
        memory: rest.memory,
        startTimeout: timeout,
      },
      proxy: { clientMaxBodySize: size },
    }),
  )

const linesOf = (value: string | undefined): string[] =>
  Buffer.from(value ?? '', 'base64')
    .toString('utf8')
    .split('\n')
    .slice(0, -1)

const checked = (site: Site): void => {
  const command = configureHost(site, 'ConfigureHost-0123abcd')
  expect(outsidePatterns(command)).toEqual([])
  expect(linesOf(command.parameters.Env)).toEqual(
    Object.entries(site.container.env)
      .map(([key, value]) => `${key}=${value}`)
      .sort(),
  )
  expect(linesOf(command.parameters.Volumes)).toEqual([...site.container.volumes].sort())
  expect(command.comment.length).toBeLessThanOrEqual(100)
}

test('every accepted site fits the document, and environment and volumes survive', () => {
  let accepted = 0
  fc.assert(
    fc.property(document, (one) => {
      const result = parseSite(one)
      if (!result.ok) {
        expect(result.errors).not.toEqual([])
        return
      }
      accepted++
      checked(result.site)
    }),
    { numRuns: 200 },
  )
  expect(accepted).toBeGreaterThan(20)
})

test('whatever the document is, it becomes a site or at least one error', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('hostname', 'instances', 'container', 'proxy', 'aliases'),
      (value, field) => {
        for (const one of [value, siteDocument(undefined, { [field]: value })]) {
          const result = parseSite(one)
          if (!result.ok) expect(result.errors).not.toEqual([])
        }
      },
    ),
    { numRuns: 200 },
  )
})
