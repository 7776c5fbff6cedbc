// Strangers whose words a probe hands over: whatever they say, no terminal and no mail gets a hidden character of it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { shown } from '../../../cli/doctor/line.ts'
import { describeHappening } from '../../../cli/start/timeline.ts'
import { STREAMLIT } from '../../../functions/lib/domain/app.ts'
import { CertificateRefused } from '../../../functions/lib/domain/errors.ts'
import { parseInspection } from '../../../functions/lib/hosts/inspection.ts'
import { failedStep, logTail } from '../../../functions/lib/hosts/output.ts'
import { overNotice, problemNotice } from '../../../functions/lib/outcome/notice.ts'
import { lastLine } from '../../../functions/lib/probe/host.ts'
import { askPath } from '../../../functions/lib/probe/http.ts'
import { askCertificate } from '../../../functions/lib/probe/tls.ts'
import { aDiagnosis } from '../../support/fake-outcome.ts'
import { holdTimersInEach } from '../../support/held-timers.ts'
import { anInspection } from '../../support/inspection.ts'
import { listening, tcpServer } from '../../support/loopback.ts'

holdTimersInEach()

/** Clears a terminal, paints it, renames its window, turns the direction of text, goes back to the start of the line. */
const EVIL = '\u001b[2J\u001b[31mok\u001b]0;title\u0007\u202egnp\u200b\u009b1m\rover'
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}]/u
const textsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(textsIn)

function expectPlain(value: unknown): void {
  const texts = textsIn(value)
  expect(texts.filter((text) => HIDDEN.test(text))).toEqual([])
  expect(texts.join()).toContain('\\u{202e}')
}

test('a health body', async () => {
  const port = await tcpServer((socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${EVIL}`)),
  )
  expectPlain(
    await askPath({ address: '127.0.0.1', port, host: 'app.example.com', limit: 5_000 }, STREAMLIT.health.path),
  )
})

test('a Server header, and where a redirect leads', async () => {
  const port = await tcpServer((socket) =>
    socket.once('data', () =>
      socket.end(
        Buffer.from('HTTP/1.1 301 Moved\r\nServer: a\x9b31mb\xadc\r\nLocation: http://x/\x9b2J\x85\r\n\r\n', 'latin1'),
      ),
    ),
  )
  const answer = await askPath(
    { address: '127.0.0.1', port, host: 'app.example.com', limit: 5_000 },
    STREAMLIT.health.path,
  )
  expect(answer).toMatchObject({ server: 'a\\u{9b}31mb\\u{ad}c', location: 'http://x/\\u{9b}2J ' })
})

function certificate(...words: string[]): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'edge-stranger-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-utf8',
      '-days',
      '2',
    ]
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...words], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('names and issuer of a certificate', async () => {
  const made = certificate(
    '-subj',
    `/O=${EVIL}/CN=evil`,
    '-addext',
    'subjectAltName=DNS:a\u001b[2J.example,DNS:b\u009b.example',
  )
  const port = await listening(createServer(made))
  const answer = await askCertificate({ address: '127.0.0.1', port, names: ['app.example.com'], limit: 5_000 })
  expect(answer.kind).toBe('served')
  expectPlain(answer)
})

test('what a host printed: its last line, its failed step, its end', () => {
  const stdout = `step=image result=failed reason="${EVIL.replace('\r', '')}" hint="${EVIL.replace('\r', '')}"\n`
  const end = { commandId: 'c', instanceId: 'i', details: 'Failed', stdout, stderr: `${EVIL}\n` }
  for (const words of [lastLine(stdout), failedStep(stdout), logTail(end)]) expectPlain(words)
})

test('an inspection, which a host prints as JSON', () => {
  const looked = anInspection({ nginx: { ...anInspection().nginx, error: EVIL, sameNameBlocks: [EVIL] } })
  expectPlain(parseInspection(JSON.stringify(looked)))
})

test('an authority’s reason, and any other word in an error of ours', () =>
  expectPlain(new CertificateRefused(`app.example.com: ${EVIL}`).message))

test('a mail: whatever its reason, headline and hops are made of', () => {
  const headline = `app.example.com: ${EVIL}`
  const diagnosis = aDiagnosis({
    sentence: EVIL,
    causes: [{ name: 'app-not-listening', hop: 'port 80', what: EVIL, fix: EVIL }],
  })
  const lines = [
    problemNotice(
      { act: 'open', problem: { name: 'NotLive' }, headline, reason: EVIL },
      { site: 'app.example.com', region: 'eu-central-1', diagnosis },
    ),
    overNotice(
      { name: 'NotLive', since: '2026-11-23T08:00:00Z', headline, given: true, n: 1 },
      EVIL,
      'app.example.com',
      0,
    ),
  ]
  expectPlain(lines.map(({ subject, text }) => [subject, ...text.split('\n')]))
})

test('a terminal: the doctor’s lines of zones and hosts, and a host’s lines of the local cloud', () => {
  const says = EVIL.replaceAll('\r', '')
  expectPlain(shown({ kind: 'note', subject: 'CAA', says, fix: 'dig' }).split('\n'))
  expectPlain(describeHappening({ kind: 'host', instanceId: 'i-1', line: EVIL } as never, true)?.what)
})
