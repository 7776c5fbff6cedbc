// The composed document: what Systems Manager, its agent and the package step's resolver can and cannot take.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { hostParameters } from '../../../functions/lib/domain/host-parameters.ts'
import { configureHostDocument, documentName, unpackedProgram } from '../../../resources/documents.ts'

const document = configureHostDocument()
const [step] = document.mainSteps
const script = unpackedProgram(step.inputs.runCommand.join('\n'))

const templates = readdirSync('templates', { recursive: true, encoding: 'utf8' })
  .map((name) => path.join('templates', name))
  .filter((file) => /\.(sh|template)$/.test(file))

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

test.each(templates)(
  '%s: no colon and no parenthesis inside ${...}, which the package step reads as a variable',
  (file) => {
    const text = readFileSync(file, 'utf8')
    expect(text.match(/\$\{[^}]*[:(][^}]*\}/g)).toBeNull()
  },
)

test('each parameter is pasted exactly once, in single quotes, into its variable', () => {
  const pasted = step.inputs.runCommand.filter((line) => line.includes('{{'))
  expect(pasted).toEqual(hostParameters.map(({ name, variable }) => `export ${variable}='{{ ${name} }}'`))
})

test('every variable that the programs read is a parameter or a place that a test may redirect', () => {
  const given = new Set<string>(hostParameters.map(({ variable }) => variable))
  const read = new Set([...script.matchAll(/\$\{?!?(EDGE_[A-Z0-9_]+)/g)].map(([, name]) => name!))
  const places =
    /^EDGE_(MEMINFO|UNIT_DIR|ROOT_DIR|IF_INET6|DRAIN_WAIT|IMDS|SSM_ENDPOINT|NGINX_DIR|STATE_DIR|RUN_DIR|LOG|OS_RELEASE|LOCK_WAIT|CLOUD_INIT_WAIT|SWITCH_WAIT|PARAMETERS)$/
  expect([...read].filter((name) => !given.has(name) && !places.test(name))).toEqual([])
})

test('the parameters are declared with their patterns and defaults', () => {
  expect(Object.keys(document.parameters)).toEqual(hostParameters.map(({ name }) => name))
  for (const { default: usual, allowedPattern } of Object.values(document.parameters)) {
    if (usual !== undefined) expect(usual).toMatch(new RegExp(allowedPattern))
  }
  expect(document.parameters.Hostname).toMatchObject({ type: 'String' })
  expect(document.parameters.Hostname).not.toHaveProperty('default')
})

test('one complete program: every part in its place, none left to be read from a disk', () => {
  expect(step.inputs.runCommand[0]).toBe('#!/bin/bash')
  expect(script).toMatch(/\nmain "\$@"$/)
  expect(script).toContain('set -Eeuo pipefail')
  expect(script).not.toContain('$here')
  expect(script).toContain('proxy_set_header Host $http_host;')
  expect(script).toContain('--publish "127.0.0.1:$2:$EDGE_CONTAINER_PORT"')
})

test('48 KB at most, so that the parameters have room in the 64 KB of a command', () => {
  expect(Buffer.byteLength(JSON.stringify(document))).toBeLessThanOrEqual(48 * 1024)
})

test('the name ends in the hash of the content: a changed document is a new one', () => {
  expect(documentName('configure-host', 'a')).toBe('configure-host-ca978112')
  expect(documentName('configure-host', 'b')).toBe('configure-host-3e23e816')
})
