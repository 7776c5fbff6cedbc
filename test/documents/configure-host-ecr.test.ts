// A private registry of ECR: real curl against a stand-in for the metadata and ECR; what Docker is told, and what stays.
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { copyForEach, expectServedAsBefore } from './host.ts'

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
const TOKEN = Buffer.from('AWS:the-password').toString('base64')
const on = copyForEach()
const asked: { url: string; authorization: string; target: string }[] = []
let server: Server
let env: Record<string, string>
let reply: [number, string]

const METADATA: Readonly<Record<string, string>> = {
  '/latest/api/token': 'imds-token',
  '/latest/meta-data/iam/security-credentials/': 'the-role',
  '/latest/meta-data/iam/security-credentials/the-role': JSON.stringify({
    AccessKeyId: 'ASIAEXAMPLE',
    SecretAccessKey: 'the+secret/key',
    Token: 'the-session-token',
  }),
  '/latest/meta-data/placement/region': 'eu-central-1',
  '/latest/meta-data/services/domain': 'amazonaws.com',
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '', headers } = request
    asked.push({ url, authorization: String(headers.authorization), target: String(headers['x-amz-target']) })
    const [status, text] = METADATA[url] === undefined ? reply : [200, METADATA[url]]
    request.resume().on('end', () => response.writeHead(status).end(text))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  env = { EDGE_IMDS: at, EDGE_ECR_ENDPOINT: at }
})
afterAll(() => server.close())
beforeEach(() => {
  asked.length = 0
  reply = [200, JSON.stringify({ authorizationData: [{ authorizationToken: TOKEN }] })]
  on.host.fake(
    'curl',
    (real) => `case "$*" in *"$EDGE_IMDS"/*) exec /usr/bin/curl "$@" --max-time 60 ;; esac; exec ${real} "$@"`,
  )
  on.host.fake(
    'docker',
    (real) =>
      `case "$1" in
      login) printf '%s %s' "$*" "$(cat)" >"$HOME/login"; echo secret >"$DOCKER_CONFIG/config.json"; exit 0 ;;
      pull) ls "$DOCKER_CONFIG" >"$HOME/pulled" 2>&1; [ ! -e "$HOME/refused" ] || { echo 'denied' >&2; exit 1; } ;;
      esac; exec ${real} "$@"`,
  )
})

/** Nothing of a login outlives a run, however it ended. */
async function configure(Image: string) {
  const run = await on.host.configure({ Image }, env)
  expect(readdirSync(path.join(on.host.root, 'run')).filter((name) => name.includes('login'))).toEqual([])
  return run
}

test.each([':2', `@sha256:${'b'.repeat(64)}`])(
  '%s: the password goes to Docker by standard input, for the time of the pull',
  async (version) => {
    const run = await configure(`${ECR}/ragstream${version}`)
    expect(run.results).toMatchObject({ image: 'changed', done: 'changed' })
    expect(on.host.file('login')).toBe(`login --username AWS --password-stdin ${ECR} the-password`)
    expect(on.host.file('pulled')).toBe('config.json\n')
    expect(asked.at(-1)).toMatchObject({
      target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      authorization: expect.stringMatching(/Credential=ASIAEXAMPLE\/\d{8}\/eu-west-1\/ecr\/aws4_request/),
    })
    expect(on.host.file('var/log/ragstream-edge.log') + run.lines.join('\n')).not.toContain('the-password')
  },
)

test.each([
  ['a right that lacks', [400, '{"__type":"com.amazon#AccessDeniedException"}'], 'AccessDeniedException'],
  ['a reply without a token', [200, '{"authorizationData":[]}'], 'its reply holds none'],
  ['an error without a name', [500, '<html>'], 'no answer of http'],
] as const)('%s ends the run', async (_, [status, text], words) => {
  reply = [status, text]
  const run = await configure(`${ECR}/ragstream:2`)
  expect(run.last).toContain(`step=image result=failed reason="ECR gave no token: ${words}`)
  expect(run.last).toContain(
    `hint="the host's role needs ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer (AmazonEC2ContainerRegistryReadOnly)"`,
  )
  expectServedAsBefore(on.host, on.configured)
})

test('a pull that is refused takes its login with it', async () => {
  on.host.write('refused', '')
  const run = await configure(`${ECR}/ragstream:2`)
  expect(run.last).toMatch(/^step=image result=failed reason="image .* was not pulled: denied"/)
  expectServedAsBefore(on.host, on.configured)
})

test.each([
  'ragstream:2',
  'public.ecr.aws/a/b:1',
  `registry.example.com/${ECR}/ragstream:2`,
  '12345.dkr.ecr.eu-west-1.amazonaws.com/a:1',
  `${ECR}.example.com/a:1`,
])('%s is no private ECR: nobody is asked for a token', async (Image) => {
  expect((await configure(Image)).results.image).toBe('changed')
  expect(asked).toEqual([])
  expect(on.host.exists('login')).toBe(false)
})

test('a digest that is here needs no token; what a killed run left of a login is swept', async () => {
  const Image = `${ECR}/ragstream@sha256:${'a'.repeat(64)}`
  on.host.image(Image)
  await on.host.machine.exec(['bash', '-c', 'mkdir "$HOME/run/ragstream-edge-login.killed"'])
  expect((await configure(Image)).results.done).toBe('changed')
  expect(asked).toEqual([])
})

test('a curl that does not sign the session is refused by name, before it sends anything', async () => {
  on.host.fake(
    'curl',
    (real) =>
      `[ "$*" != --version ] || { echo 'curl 7.81.0 (x86_64-pc-linux-gnu) libcurl/7.81.0'; exit; }; case "$*" in *"$EDGE_IMDS"/*) exec /usr/bin/curl "$@" --max-time 60 ;; esac; exec ${real} "$@"`,
  )
  expect((await configure(`${ECR}/ragstream:2`)).last).toBe(
    'step=image result=failed reason="curl 7.81 signs neither the session nor the call: 7.88 does" hint="install a newer curl, or a newer system (Ubuntu 22.04 has 7.81)"',
  )
  expect(asked).toEqual([])
  expectServedAsBefore(on.host, on.configured)
})
