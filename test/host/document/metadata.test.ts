// The role of the host: a container does not reach it unless the site says so, whatever restarts; secrets are read with it.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, base64, CONTAINER, configure, NAME, SERVED, sh } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
let cloud: Server
let port: number
const asked: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] = []
/** Parameter to value; a name with a slash below another is listed by its path. */
const parameters = new Map<string, string>()
let byPathAllowed = true

const CREDENTIALS = { AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'the+secret/key', Token: 'the-session-token' }

/** The instance metadata and Parameter Store, in the words of their documentation, as far as a host asks them. */
function answer(url: string, headers: IncomingMessage['headers'], body: string): [number, string] {
  if (url === '/latest/api/token') return [200, 'imds-token']
  if (url.startsWith('/latest/')) {
    if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return [401, '']
    const known: Record<string, string> = {
      'iam/security-credentials/': 'the-role',
      'iam/security-credentials/the-role': JSON.stringify({ Code: 'Success', ...CREDENTIALS }, null, 2),
      'placement/region': 'eu-central-1',
      'services/domain': 'amazonaws.com',
    }
    const found = known[url.replace('/latest/meta-data/', '')]
    return found === undefined ? [404, ''] : [200, found]
  }
  return parameterStore(String(headers['x-amz-target']).replace('AmazonSSM.', ''), JSON.parse(body))
}

function parameterStore(
  operation: string,
  request: { Name?: string; Path?: string; NextToken?: string },
): [number, string] {
  if (operation === 'GetParameter') {
    const value = parameters.get(request.Name ?? '')
    if (value === undefined) return [400, '{"__type":"ParameterNotFound"}']
    return [200, JSON.stringify({ Parameter: { Name: request.Name, Type: 'SecureString', Value: value, Version: 1 } })]
  }
  if (!byPathAllowed) return [400, '{"__type":"com.amazonaws.ssm#AccessDeniedException","Message":"not authorized"}']
  const all = [...parameters].filter(([name]) => name.startsWith(`${request.Path}/`))
  const from = Number(request.NextToken ?? 0)
  const page = all.slice(from, from + 2).map(([Name, Value]) => ({ ARN: 'a', Name, Type: 'SecureString', Value }))
  return [200, JSON.stringify({ Parameters: page, ...(from + 2 < all.length && { NextToken: String(from + 2) }) })]
}

/** What is sent to 169.254.169.254 reaches the stand-in, from the host and through it. */
const lead = () =>
  sh(
    host,
    `for chain in OUTPUT PREROUTING; do iptables -t nat -I $chain -d 169.254.169.254 -p tcp --dport 80 -j DNAT --to-destination ${room.cloudAddress}:${port}; done`,
  )

/** From inside the container, with the Python of the app. */
const fromContainer = () =>
  sh(
    host,
    `docker exec ${CONTAINER} python3 -c "
import urllib.request
r = urllib.request.Request('http://169.254.169.254/latest/api/token', method='PUT')
try: print(urllib.request.urlopen(r, timeout=2).read().decode())
except OSError as e: print('no answer')"`,
  ).then((text) => text.trim())

const env = (name: string) => sh(host, `docker exec ${CONTAINER} printenv ${name}`).then((text) => text.trimEnd())
const endpoint = () => ({ EDGE_SSM_ENDPOINT: `http://${room.cloudAddress}:${port}` })

beforeAll(async () => {
  room = await openRoom()
  cloud = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    asked.push({ url: request.url ?? '', headers: request.headers, body })
    const [status, text] = answer(request.url ?? '', request.headers, body)
    response.writeHead(status).end(text)
  })
  cloud.listen(0, room.cloudAddress)
  await once(cloud, 'listening')
  port = (cloud.address() as AddressInfo).port
  host = await room.machine('i-metadata', { privateIp: '172.31.4.3' })
  await host.boot()
  await lead()
  expect((await configure(host)).results).toMatchObject({ metadata: 'changed', done: 'changed' })
})
afterAll(async () => {
  await room?.close()
  cloud?.close()
})
afterEach(async () => expect(await ask(host, NAME)).toBe(SERVED))

const reached = 'imds-token'

test('the host reaches its metadata, its container does not', async () => {
  expect(await sh(host, 'curl -s -X PUT http://169.254.169.254/latest/api/token')).toBe(reached)
  expect(await fromContainer()).toBe('no answer')
})

test('nor after a restart of Docker, nor after a boot, before any run of the document', async () => {
  await sh(host, 'systemctl restart docker')
  expect(await fromContainer()).toBe('no answer')
  await host.powerOff()
  await host.boot()
  await lead()
  await sh(host, `until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.2; done`)
  expect(await fromContainer()).toBe('no answer')
  expect((await configure(host)).results).toMatchObject({ metadata: 'unchanged', container: 'unchanged' })
})

test('a rule that somebody took away is back after the next run', async () => {
  await sh(host, 'iptables -t raw -F')
  expect(await fromContainer()).toBe(reached)
  expect((await configure(host)).results).toMatchObject({ metadata: 'changed', container: 'unchanged' })
  expect(await fromContainer()).toBe('no answer')
})

test('metadata: true lets it through, and false closes it again', async () => {
  expect((await configure(host, { Metadata: 'true' })).results).toMatchObject({ container: 'changed', done: 'changed' })
  expect(await fromContainer()).toBe(reached)
  expect((await configure(host)).results).toMatchObject({ container: 'changed', done: 'changed' })
  expect(await fromContainer()).toBe('no answer')
})

describe('secrets', () => {
  beforeEach(() => {
    parameters.clear()
    asked.length = 0
    byPathAllowed = true
  })
  const SecretsPath = '/ragstream/secrets'
  const ODD = `it's "quoted" $HOME \\n \`id\` ü 😀 {{ Image }}`

  test('one parameter with lines, one for each key in pages: both reach the container, and no other place', async () => {
    parameters.set(SecretsPath, `KEY_A=${ODD}\nKEY_B=b=c\n`)
    const run = await configure(host, { SecretsPath, Env: base64('OPEN=1\n') }, endpoint())
    expect(run.lines).toContain('step=container-files result=changed secrets=2')
    expect([await env('KEY_A'), await env('KEY_B'), await env('OPEN')]).toEqual([ODD, 'b=c', '1'])
    expect(await sh(host, `stat -c %a /var/lib/ragstream-edge/${NAME}/env`)).toBe('600\n')
    const signed = asked.find(({ headers }) => headers['x-amz-target'] === 'AmazonSSM.GetParameter')
    expect(signed?.headers).toMatchObject({
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\/\d{8}\/eu-central-1\/ssm\/aws4_request, ?SignedHeaders=[^ ]*x-amz-security-token/,
      ),
      'x-amz-security-token': CREDENTIALS.Token,
    })
    parameters.clear()
    for (const key of ['A', 'B', 'C']) parameters.set(`${SecretsPath}/KEY_${key}`, `${key} of many`)
    expect((await configure(host, { SecretsPath }, endpoint())).results.done).toBe('changed')
    expect([await env('KEY_A'), await env('KEY_B'), await env('KEY_C')]).toEqual([
      'A of many',
      'B of many',
      'C of many',
    ])
    expect((await configure(host, { SecretsPath }, endpoint())).results.done).toBe('unchanged')
    const log = await sh(host, 'cat /var/log/ragstream-edge.log')
    for (const secret of ['of many', CREDENTIALS.SecretAccessKey, CREDENTIALS.Token, 'b=c'])
      expect(`${log}${run.lines.join('\n')}${run.stderr}`).not.toContain(secret)
  })

  test('no secret and no credential is ever on a command line', async () => {
    parameters.set(SecretsPath, 'KEY_A=very secret\n')
    // Every program that the run starts is recorded with its words.
    await sh(
      host,
      'for name in curl docker; do { echo "#!/bin/sh"; echo "echo \\"\\$0 \\$*\\" >>/root/words"; echo "exec /usr/bin/$name \\"\\$@\\""; } >/usr/local/bin/$name; chmod 755 /usr/local/bin/$name; done',
    )
    await configure(host, { SecretsPath }, endpoint())
    const words = await sh(host, 'cat /root/words; rm /root/words /usr/local/bin/curl /usr/local/bin/docker')
    expect(words).toContain('AmazonSSM.GetParameter')
    for (const secret of ['very secret', 'imds-token', ...Object.values(CREDENTIALS)])
      expect(words).not.toContain(secret)
    expect(await env('KEY_A')).toBe('very secret')
  })

  test('what may not be read, what is not there and what is no variable ends the run, and the container runs on', async () => {
    const last = async (values = {}) => (await configure(host, { SecretsPath, ...values }, endpoint())).last
    expect(await last()).toMatch(/^step=secrets result=failed reason="there is nothing at \/ragstream\/secrets"/)
    byPathAllowed = false
    expect(await last()).toMatch(
      /^step=secrets result=failed reason="\/ragstream\/secrets was not read: AccessDeniedException" hint="the role of this host needs ssm:GetParametersByPath on it/,
    )
    parameters.set(SecretsPath, 'no variable\n')
    expect(await last()).toMatch(/^step=secrets result=failed reason="a secret of .* has a line of another form"/)
    parameters.set(SecretsPath, 'A=1\n')
    expect(await last({ Env: base64('A=2\n') })).toMatch(/^step=secrets result=failed reason="A is there twice/)
    expect(await env('KEY_A')).toBe('very secret')
  })
})
