// The composed document: what Systems Manager, its agent and the package step's resolver can and cannot take.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { configureHost } from '../../functions/lib/hosts/command.ts'
import { allParameters, hostParameters } from '../../functions/lib/hosts/parameters.ts'
import { documentName, hostDocuments, unpackedProgram } from '../../resources/documents.ts'
import { MOST_CHARACTERS } from '../../resources/sites.ts'
import { aSite, siteDocument } from '../support/domain.ts'

const documents = Object.entries(hostDocuments()).map(([name, document]) => {
  const lines = document.mainSteps[0].inputs.runCommand
  const declared = allParameters.filter((one) => one.name in document.parameters)
  return { name, document, lines, script: unpackedProgram(lines.join('\n')), declared }
})

const templates = readdirSync('templates', { recursive: true, encoding: 'utf8' })
  .map((name) => path.join('templates', name))
  .filter((file) => /\.(sh|py|template)$/.test(file))

test('there are templates to look at', () => {
  expect(templates.length).toBeGreaterThan(10)
})

test.each(templates)('%s: no two opening braces side by side, which the agent reads as a parameter', (file) => {
  expect(
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('{{')),
  ).toEqual([])
})

test('what shellcheck is told to pass over has its reason beside it', () => {
  const lines = templates.flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  const told = lines.filter((line) => line.includes('shellcheck disable'))
  expect(told.filter((line) => !/# shellcheck disable=SC\d{4} # \S.{5,}/.test(line))).toEqual([])
})

test.each(templates)(
  '%s: no colon and no parenthesis inside ${...}, which the package step reads as a variable',
  (file) => {
    const text = readFileSync(file, 'utf8')
    expect(text.match(/\$\{[^}]*[:(][^}]*\}/g)).toBeNull()
  },
)

describe.each(documents)('$name', ({ document, lines, script, declared }) => {
  test('each parameter is pasted exactly once, in single quotes, into its variable', () => {
    const pasted = lines.filter((line) => line.includes('{{'))
    expect(pasted).toEqual([`set -- ${declared.map(({ name }) => `'{{ ${name} }}'`).join(' ')}`])
    const [, table = ''] = /^PARAMETERS='([^']*)'$/m.exec(script) ?? []
    expect(table.split('\n').map((line) => line.split(' ').slice(0, 2))).toEqual(
      declared.map(({ name, variable }) => [name, variable]),
    )
    expect(script).not.toContain('{{')
  })

  test('every variable that the program reads is a parameter or a place that a test may redirect', () => {
    const set = [...script.matchAll(/^\s*(EDGE_[A-Z0-9_]+)=/gm)].map(([, variable]) => variable!)
    const given = new Set<string>([...declared.map(({ variable }) => variable), ...set])
    const read = new Set([...script.matchAll(/\$\{?!?(EDGE_[A-Z0-9_]+)/g)].map(([, variable]) => variable!))
    const places =
      /^EDGE_(SBIN|MEMINFO|NET_DIR|UNIT_DIR|ROOT_DIR|IF_INET6|DRAIN_WAIT|HOLD_DRAIN_WAIT|IMDS|SSM_ENDPOINT|ECR_ENDPOINT|NGINX_DIR|NGINX_LOGS|STATE_DIR|RUN_DIR|LOG|OS_RELEASE|LOCK_WAIT|DOCKER_WAIT|ACT_WAIT|PULL_WAIT|PACKAGE_WAIT|PACKAGE_PAUSE|LOOK_WAIT|CLOUD_INIT_WAIT|SWITCH_WAIT)$/
    expect([...read].filter((variable) => !given.has(variable) && !places.test(variable))).toEqual([])
  })

  test('the parameters are declared with their patterns and defaults', () => {
    expect(Object.keys(document.parameters)).toEqual(declared.map((one) => one.name))
    for (const one of declared) {
      const { default: usual, allowedPattern } = document.parameters[one.name]!
      expect(allowedPattern).toBe(one.pattern)
      if (usual !== undefined) expect(usual).toMatch(new RegExp(allowedPattern))
    }
    expect(document.parameters.Hostname).toMatchObject({ type: 'String' })
    expect(document.parameters.Hostname).not.toHaveProperty('default')
  })

  test('one complete program: every part in its place, none left to be read from a disk', () => {
    expect(lines[0]).toBe('#!/bin/bash')
    expect(script).toMatch(/\nmain "\$@"$/)
    expect(script).toMatch(/^set -[Eeu]*u[o ]* ?pipefail$/m)
    expect(script).not.toContain('$here')
  })

  test('with the parameters of the largest site it fits into the 64 KB of a command', () => {
    const without = JSON.stringify(siteDocument(undefined, { container: { env: { FULL: '' } } })).length
    const site = aSite(undefined, { container: { env: { FULL: 'x'.repeat(MOST_CHARACTERS - without) } } })
    const { parameters } = configureHost(site, 'x'.repeat(128))
    expect(JSON.stringify(parameters).length).toBeGreaterThan(5_000)
    const bytes = Buffer.byteLength(JSON.stringify(document)) + Buffer.byteLength(JSON.stringify(parameters))
    expect(bytes).toBeLessThanOrEqual(64 * 1024)
  })
})

test('each document takes its own parameters', () => {
  const parameters = documents.map(({ name, document }) => [name, Object.keys(document.parameters)])
  expect(Object.fromEntries(parameters)).toEqual({
    ConfigureHostDocument: hostParameters.map(({ name }) => name),
    InspectHostDocument: ['Hostname', 'ContainerPort', 'HostPort', 'HealthPath', 'Websocket'],
    RemoveSiteDocument: ['Hostname'],
    ReadLogsDocument: ['Hostname', 'Env', 'LogSource', 'LogSince', 'LogLines'],
  })
})

test('the templates and the parts of another folder are in their places', () => {
  const [configure, inspect] = documents
  expect(configure!.script).toContain('proxy_set_header Host $http_host;')
  expect(configure!.script).toContain('--publish "127.0.0.1:$2:$EDGE_CONTAINER_PORT"')
  expect(inspect!.script).toContain('read_containers() {')
})

test('the name ends in the hash of the content: a changed document is a new one', () => {
  expect(documentName('configure-host', 'a')).toBe('configure-host-ca978112')
  expect(documentName('configure-host', 'b')).toBe('configure-host-3e23e816')
})
