// The role of the host: a container does not reach it unless the site says so, whatever restarts; secrets are read with it.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostDrift } from '../../../functions/lib/hosts/drift.ts'
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { aSite } from '../../support/domain.ts'
import { longDescribe, longTest } from '../../support/long-tests.ts'
import { openRoom } from '../machine/bench.ts'
import { ask, base64, CONTAINER, configure, imageName, inspect, NAME, SERVED, sh } from './bench.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host
let cloud: Server
let port: number
const asked: { readonly url: string; readonly headers: IncomingMessage['headers']; readonly body: string }[] = []
/** Parameter to value; a name with a slash below another is listed by its path. */
const parameters = new Map<string, string>()
let byPathAllowed = true
const DENIED = '{"__type":"AccessDeniedException","message":"not authorized"}'
let ecr: [number, string] = [400, DENIED]

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
  if (String(headers['x-amz-target']).startsWith('AmazonEC2ContainerRegistry')) return ecr
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

/** From inside the container, with the Python of the app. Where nothing answers, it takes all of this time. */
const fromContainer = (seconds = 2) =>
  sh(
    host,
    `docker exec ${CONTAINER} python3 -c "
import urllib.request
r = urllib.request.Request('http://169.254.169.254/latest/api/token', method='PUT')
try: print(urllib.request.urlopen(r, timeout=${seconds}).read().decode())
except OSError as e: print('no answer')"`,
  ).then((text) => text.trim())

const env = (name: string) => sh(host, `docker exec ${CONTAINER} printenv ${name}`).then((text) => text.trimEnd())
const standIn = () => `http://${room.cloudAddress}:${port}`
const endpoint = () => ({ EDGE_SSM_ENDPOINT: standIn() })

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

longTest('nor after a restart of Docker, nor after a boot, before any run of the document', async () => {
  await sh(host, 'systemctl restart docker')
  expect(await fromContainer()).toBe('no answer')
  await host.powerOff()
  await host.boot()
  await lead()
  await sh(host, `until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.2; done`)
  expect(await fromContainer()).toBe('no answer')
  expect((await configure(host)).results).toMatchObject({ metadata: 'unchanged', container: 'unchanged' })
})

longTest(
  'rules that somebody emptied: it shows, and ours is back after a restart of Docker, or the next run',
  async () => {
    expect(hostDrift(await inspect(host), 'abcdef123456', aSite())).toBeUndefined()
    await sh(host, 'iptables -t raw -F')
    expect(await fromContainer(60)).toBe(reached)
    expect(hostDrift(await inspect(host), 'abcdef123456', aSite())).toMatch(
      /^the rule that keeps the container from .* is gone$/,
    )
    await sh(host, `systemctl restart docker; until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.2; done`)
    expect(await fromContainer()).toBe('no answer')
    await sh(host, 'iptables -t raw -F')
    expect((await configure(host)).results).toMatchObject({ metadata: 'changed', container: 'unchanged' })
    expect(await fromContainer()).toBe('no answer')
  },
)

longTest('metadata: true lets it through, and false closes it again', async () => {
  expect((await configure(host, { Metadata: 'true' })).results).toMatchObject({ container: 'changed', done: 'changed' })
  expect(await fromContainer(60)).toBe(reached)
  expect((await inspect(host)).container.metadataBarred).toBeNull()
  for (const made of ['', '--ipv6 --subnet fd00:5:6::/64 --opt com.docker.network.bridge.name=rsedge-0']) {
    await sh(host, `docker network rm ${CONTAINER}; docker network create ${made} ${CONTAINER}`)
    const refused = await configure(host)
    expect(refused.last).toMatch(
      /^step=container result=failed reason="the network ragstream-edge-ragstream\.rusbehabtahi\.com was made by somebody else: .* would reach the instance metadata" hint="docker network rm ragstream-edge-ragstream\.rusbehabtahi\.com, then run again"$/,
    )
    expect(await ask(host, NAME)).toBe(SERVED)
  }
  // As Docker does for a network that it was making when its host went down.
  const name = (await sh(host, `printf '%07x' $(($(printf %s ${NAME} | cksum | cut -d ' ' -f 1) & 0xfffffff))`)).trim()
  const bridge = `rsedge-${name}1`
  const held = `docker network create --opt com.docker.network.bridge.name=rsedge-${name}0 half-made`
  await sh(host, `docker network rm ${CONTAINER}; ${held}`)
  expect((await configure(host)).results).toMatchObject({ container: 'changed', done: 'changed' })
  expect(await sh(host, `docker network inspect ${CONTAINER}`)).toContain(
    `"com.docker.network.bridge.name": "${bridge}"`,
  )
  expect(await fromContainer()).toBe('no answer')
  expect((await configure(host)).results.done).toBe('unchanged')
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

  longTest('what an app prints of its secrets as it dies reaches nobody, whole or in part', async () => {
    const SECRET = 'a-secret-of-the-app-&-"more"'
    parameters.set(SecretsPath, `KEY_A=${SECRET}\nKEY_B=a-secret-of\n`)
    const dies =
      'import os; k = os.environ["KEY_A"]; print("x" * 185 + k); print(k * 9); raise SystemExit("died of " + k)'
    await sh(
      host,
      `docker create --name seed ${imageName('1.4.0')}; docker commit -c '${`CMD ["/usr/bin/python3", "-c", ${JSON.stringify(dies)}]`}' seed dies:1; docker rm seed`,
    )
    const run = await configure(host, { SecretsPath, Image: 'dies:1', Rollout: 'replace' }, endpoint())
    expect(run.lines).toContain(`  | ${'x'.repeat(185)}***`)
    expect(run.lines).toContain('  | died of ***')
    for (const part of [SECRET, 'a-secret', 'of-the-app'])
      expect(`${run.lines.join('\n')}${run.stderr}`).not.toContain(part)
    parameters.set(SecretsPath, 'KEY_A=very secret\n')
    expect((await configure(host, { SecretsPath }, endpoint())).exitCode).toBe(0)
  })

  longTest(
    'what may not be read, what is not there and what is no variable ends the run, and the container runs on',
    async () => {
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
    },
  )
})

longDescribe('a private registry of ECR', () => {
  const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
  const PASSWORD = 'the-password-of-12-hours'
  const token = (password: string): [number, string] => [
    200,
    JSON.stringify({ authorizationData: [{ authorizationToken: base64(`AWS:${password}`), expiresAt: 1.8e9 }] }),
  ]
  const roll = (values = {}) => configure(host, values, { EDGE_ECR_ENDPOINT: standIn() })
  const targets = () => asked.map(({ headers }) => headers['x-amz-target']).filter(Boolean)
  /** Every program that the run starts, with its words; and what is in the folder of a login while Docker pulls. */
  const WATCHED = `cat >/usr/local/bin/watched <<'END'
#!/bin/sh
echo "\${0##*/} $*" >>/root/words
case "$*" in *"pull "*) ls -lA "\${DOCKER_CONFIG-/none}" >>/root/login 2>&1 ;; esac
exec "/usr/bin/\${0##*/}" "$@"
END
chmod 755 /usr/local/bin/watched; for name in curl docker env base64; do ln -s watched /usr/local/bin/$name; done`

  // The bench's registry behind basic authentication, under a name of ECR. Docker asks an address of loopback without TLS, too.
  beforeAll(() =>
    sh(
      host,
      `echo '127.0.0.1 ${REGISTRY}' >>/etc/hosts
      echo 'AWS:{PLAIN}${PASSWORD}' >/etc/nginx/registry.users
      echo 'server { listen 80; server_name ${REGISTRY}; auth_basic ecr; auth_basic_user_file registry.users;
        location / { proxy_pass http://registry.bench.internal:5000; proxy_set_header Host $http_host; } }' >/etc/nginx/conf.d/registry.conf
      ${RELOAD}`,
    ),
  )
  beforeEach(() => {
    asked.length = 0
  })

  test('without a token, or with one that is refused, the run ends and says which rights are wanted', async () => {
    const Image = `${REGISTRY}/stand-in:1.5.0`
    const HINT =
      "the host's role needs ecr:GetAuthorizationToken, ecr:BatchGetImage, ecr:GetDownloadUrlForLayer (AmazonEC2ContainerRegistryReadOnly)"
    expect((await roll({ Image })).last).toBe(
      `step=image result=failed reason="ECR gave no token: AccessDeniedException" hint="${HINT}"`,
    )
    ecr = token('another')
    const refused = await roll({ Image })
    expect(refused.last).toMatch(/^step=image result=failed reason="123456789012\.dkr\..* refused the login: .*401/)
    expect(refused.last).toContain(HINT)
    expect(await sh(host, 'ls -d /run/ragstream-edge-login*')).toBe('')
  })

  test('the host pulls with a token of the region of the registry, and nothing of it stays', async () => {
    ecr = token(PASSWORD)
    await sh(host, WATCHED)
    const run = await roll({ Image: `${REGISTRY}/stand-in:1.5.0` })
    const words = await sh(host, 'cat /root/words; cd /usr/local/bin; rm watched curl docker env base64')
    expect(run.results).toMatchObject({ image: 'changed', done: 'changed' })
    const signed = asked.find(({ headers }) => headers['x-amz-target'])
    expect(signed).toMatchObject({
      body: '{}',
      headers: {
        'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
        authorization: expect.stringMatching(/Credential=ASIAEXAMPLE\/\d{8}\/eu-west-1\/ecr\/aws4_request/),
        'x-amz-security-token': CREDENTIALS.Token,
      },
    })
    expect(await sh(host, 'cat /root/login')).toMatch(/^-rw------- .* config\.json$/m)
    expect(words).toContain(`docker login --username AWS --password-stdin ${REGISTRY}`)
    const left = await sh(
      host,
      'ls -d /run/ragstream-edge-login*; cat /root/.docker/config.json; cat /var/log/ragstream-edge.log',
    )
    const inFiles = await sh(
      host,
      `grep -rlE '${PASSWORD}|${base64(`AWS:${PASSWORD}`)}' /run /root /tmp /var/lib/ragstream-edge /var/log /home`,
    )
    expect(inFiles).toBe('')
    expect(left).not.toContain('ragstream-edge-login.')
    for (const secret of [PASSWORD, base64(`AWS:${PASSWORD}`), ...Object.values(CREDENTIALS)])
      expect(`${words}${run.lines.join('\n')}${run.stderr}${left}`).not.toContain(secret)
  })

  test('a tag that is here is asked for again, a digest that is here is not; another registry needs no token', async () => {
    const Image = `${REGISTRY}/stand-in:1.5.0`
    expect((await roll({ Image })).results).toMatchObject({ image: 'unchanged', done: 'unchanged' })
    expect(targets()).toHaveLength(1)
    const digest = await sh(
      host,
      `docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' ${Image} | grep ecr`,
    )
    expect((await roll({ Image: digest.trim() })).results.image).toBe('unchanged')
    expect((await roll()).results.done).toBe('changed')
    expect(targets()).toHaveLength(1)
  })

  test('what is here is used while ECR gives no token; what a killed run left of a login is swept', async () => {
    ecr = [400, DENIED]
    await sh(host, 'mkdir /run/ragstream-edge-login.killed; echo x >/run/ragstream-edge-login.killed/config.json')
    const run = await roll({ Image: `${REGISTRY}/stand-in:1.5.0` })
    expect(run.lines.find((line) => line.startsWith('step=image'))).toMatch(
      /result=unchanged .*reason="not pulled, using the image that is here: ECR gave no token: AccessDeniedException"/,
    )
    expect(await sh(host, 'ls -d /run/ragstream-edge-login*')).toBe('')
  })
})
