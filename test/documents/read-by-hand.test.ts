// What a host says of a site that somebody serves by hand: its blocks, its container, what no site's file can say; no value of a variable.
import { carriedOver, emptyVariables, parseByHand } from '../../cli/import/by-hand.ts'
import { readByHandDocument } from '../../resources/documents.ts'
import { base64, copyForEach, NAME, SITE_FILE } from './host.ts'
import { documentText } from './values.ts'

const on = copyForEach()

const run = () => on.host.machine.exec(['bash', '-c', documentText(readByHandDocument())])
async function byHand() {
  const { exitCode, stdout, stderr } = await run()
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  return parseByHand(stdout.replaceAll(on.host.root, ''))
}

const OWN = '/etc/nginx/conf.d/own.conf'
const block = (more = '', inner = 'proxy_pass http://127.0.0.1:8600; proxy_read_timeout 86400;') => `server {
  listen 80;
  server_name ${NAME} www.rusbehabtahi.com;
  client_max_body_size 1g;
  ${more}
  location / { ${inner} }
}
`
/** Nothing of ours is there yet. */
function serve(text: string, container: object = {}): void {
  on.host.write(SITE_FILE, '')
  on.host.write(OWN.slice(1), text)
  on.host.change((state) => ({
    ...state,
    containers: [
      {
        ...{ id: 'c'.repeat(64), name: 'streamlit', image: 'ragstream:1.4.0', running: true, labels: {} },
        ...{ publish: [{ hostIp: '0.0.0.0', hostPort: 8600, containerPort: 8501 }], restart: 'always' },
        ...{ env: ['TOKEN=hunter2hunter2', 'MODEL=small'], volumes: ['/srv/data:/data:ro'], arguments: [] },
        ...{ stoppedByHand: false, ...container },
      },
    ],
  }))
}
const BEGUN = { hostname: NAME, hostedZoneId: 'Z0123456789ABCDEFGHIJ', instances: { 'tag:Name': 'app' } }

test('names of variables, folders, port, restart, and what nginx allows more than a site does; nothing is changed', async () => {
  serve(block())
  const before = on.host.state()
  const found = await byHand()
  expect(found).toEqual({
    files: [`${OWN}:1`],
    aliases: ['www.rusbehabtahi.com'],
    https: false,
    proxy: { clientMaxBodySize: '1g', readTimeout: '86400s' },
    container: {
      ...{ name: 'streamlit', image: 'ragstream:1.4.0', restart: 'always', hostPort: '8600' },
      fields: ['"env": { "MODEL": "", "TOKEN": "" }', '"volumes": ["/srv/data:/data:ro"]'],
    },
    refused: [],
  })
  expect((await run()).stdout).not.toContain('hunter2')
  expect(on.host.state()).toEqual(before)
  const { site, left } = carriedOver(BEGUN, found, undefined)
  expect(site).toEqual({
    ...{ ...BEGUN, image: 'ragstream:1.4.0', aliases: ['www.rusbehabtahi.com'], adopt: true },
    container: { hostPort: 8600, env: { MODEL: '', TOKEN: '' }, volumes: ['/srv/data:/data:ro'] },
    proxy: { clientMaxBodySize: '1g', readTimeout: '86400s' },
  })
  expect({ left, variables: emptyVariables(site) }).toEqual({ left: [], variables: ['MODEL', 'TOKEN'] })
})

test('what no field says is told with what to do', async () => {
  serve(block('location /api { return 404; }'), { arguments: ['--rm'], volumes: ['/srv/my data:/data'] })
  const { refused, ...found } = await byHand()
  expect(refused).toEqual([
    ['--rm', 'put it into the image, or start the container without it; else leave this site to its container'],
    [
      `${OWN}:5: \`location /api\` is nothing that ragstream-edge has`,
      'the site leads every path to its container: move this one into the app, or to a server_name of its own',
    ],
  ])
  const { site, left } = carriedOver(BEGUN, { ...found, refused }, 'ragstream:2')
  expect(site).toMatchObject({ image: 'ragstream:2', container: { hostPort: 8600 } })
  expect(site).not.toHaveProperty('container.volumes')
  expect(left).toHaveLength(3)
  expect(left[2]).toMatch(/container\/volumes.*found "\/srv\/my data:\/data", wanted/)
})

test('the container is that to which nginx leads; without a block the only one', async () => {
  serve('server { listen 80; server_name other.example.com; return 204; }\n')
  expect(await byHand()).toMatchObject({ files: [], container: { name: 'streamlit', hostPort: '8600' } })
  serve(block('', 'proxy_pass http://127.0.0.1:8700;'))
  expect(await byHand()).toMatchObject({ files: [`${OWN}:1`], container: null })
})

test('HTTPS by hand is HTTPS of the site', async () => {
  const secure = block('ssl_certificate /etc/ssl/own.pem; ssl_certificate_key /etc/ssl/own.key;')
  serve(secure.replace('listen 80;', 'listen 443 ssl;'))
  const found = await byHand()
  expect(found).toMatchObject({ https: true, refused: [] })
  expect(carriedOver(BEGUN, found, undefined).site).toMatchObject({ tls: 'acme' })
})

test('adopt takes no variable that the site’s file leaves empty, unless it is empty by hand too', async () => {
  serve(block('', 'proxy_pass http://127.0.0.1:8600;'), { env: ['MODEL=small', 'EMPTY='], volumes: [] })
  const values = { Adopt: 'true', HostPort: '8600', Aliases: 'www.rusbehabtahi.com', ClientMaxBodySize: '1g' }
  const refused = await on.host.configure({ ...values, Env: base64('EMPTY=\nMODEL=\n') })
  expect(refused.last).toMatch(/^step=host-port result=failed .*the variable MODEL; set it in container\.env/)
  expect(refused.lines.join('\n')).not.toContain('the variable EMPTY')
  const taken = await on.host.configure({ ...values, Env: base64('EMPTY=\nMODEL=small\n') })
  expect(taken.results).toMatchObject({ adopt: 'changed', done: 'changed' })
})
