// The app as hosts run it: pulled from the registry inside the VPC, published on loopback, and seen by a visitor's browser.
import { browserAvailable, visitor } from '../../../local/machine/nspawn/browser.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { imageName } from '../../../local/machine/prepare/app-image.ts'
import { HTTP_FOR_ALL, nameServer, openRoom } from './bench.ts'

const [PUBLIC, PRIVATE, NAME] = ['203.0.113.20', '172.31.3.1', 'ragstream.rusbehabtahi.com']
let room: Awaited<ReturnType<typeof openRoom>>
let zone: Awaited<ReturnType<typeof nameServer>>
let host: Host

const PROXY = `map $http_upgrade $connection_upgrade { default upgrade; '' close; }
server {
  listen 80; server_name ${NAME};
  location / {
    proxy_pass http://127.0.0.1:8501; proxy_http_version 1.1;
    proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
  }
}`

/** curl's own retries wait for the container; its exit code says whether it came. */
const healthy = (one: Host) =>
  one.exec([
    'curl',
    '-s',
    '--retry',
    '120',
    '--retry-delay',
    '1',
    '--retry-all-errors',
    'http://127.0.0.1:8501/_stcore/health',
  ])

beforeAll(async () => {
  room = await openRoom({ layers: false }) // This one host unpacks what it pulls.
  zone = await nameServer(room.cloudAddress, NAME, 60)
  zone.set(PUBLIC)
  host = await room.machine('i-image', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
})
afterAll(async () => {
  zone?.close()
  await room?.close()
})

test('a host pulls the image and runs it; the app is healthy, and again after a power-off', async () => {
  expect((await host.exec(['docker', 'image', 'ls', '-q'])).stdout).toBe('')
  expect(await host.exec(['docker', 'pull', '-q', imageName('1.4.0')])).toMatchObject({ exitCode: 0 })
  const publish = ['-p', '127.0.0.1:8501:8501']
  const run = ['docker', 'run', '-d', '--restart', 'unless-stopped', ...publish, imageName('1.4.0')]
  expect(await host.exec(run)).toMatchObject({ exitCode: 0 })
  expect((await healthy(host)).stdout).toBe('ok')
  const on8501 = (await room.evidence.listeners(host)).filter(({ port }) => port === 8501)
  expect(on8501).toEqual([{ address: '127.0.0.1', port: 8501 }])
  await host.powerOff()
  await host.boot()
  expect((await healthy(host)).stdout).toBe('ok')
})

test('the tag `broken` is an image whose program ends by itself', async () => {
  const result = await host.exec(['docker', 'run', '--rm', imageName('broken')])
  expect(result.exitCode).toBe(1)
  expect(result.stderr).toContain('this version does not start')
})

test('the page renders in the visitor’s browser, and the app sees the visitor’s address', async () => {
  expect(browserAvailable()).toBe(true)
  await host.exec(['sh', '-c', 'cat > /etc/nginx/conf.d/ragstream.conf && nginx -t && systemctl restart nginx'], {
    stdin: PROXY,
  })
  const browser = await visitor(room)
  try {
    const seen = await browser.visit(`http://${NAME}/`, {
      timeoutMs: 120_000,
      use: async (page) => {
        await page.getByLabel('Question').fill('how many hops?')
        await page.keyboard.press('Enter')
        await page.getByText('You asked: how many hops?').waitFor()
      },
    })
    expect(seen).toMatchObject({ status: 200, failure: null, rendered: true, title: 'RAGstream' })
    expect(seen.text).toContain('version 1.4.0')
    expect(seen.webSocket).toMatchObject({ url: `ws://${NAME}/_stcore/stream`, open: true })
    expect(seen.headers).toMatchObject({ Host: NAME, 'X-Real-Ip': '198.51.100.10' })
    await room.setInbound(PRIVATE, [])
    const closed = await browser.visit(`http://${NAME}/`, { timeoutMs: 120_000 })
    expect(closed).toMatchObject({
      status: null,
      failure: 'net::ERR_CONNECTION_TIMED_OUT',
      rendered: false,
      headers: null,
    })
  } finally {
    await browser.close()
  }
})
