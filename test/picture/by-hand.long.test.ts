// A site that its owner serves by hand, with a script that writes the record at each boot: by ./edge import and two edits to live, and back.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RELOAD } from '../../local/faults/nginx.ts'
import { standInName } from '../../local/machine/prepare/app-image.ts'
import { packaged } from '../../local/package.ts'
import { served, until, untilLive } from '../../local/scenario.ts'
import { hostRole } from '../../local/world/profiles.ts'
import { expectLooked } from '../support/ask.ts'
import { declaring } from '../support/declaring-package.ts'
import { beside, typedHere } from '../support/edge.ts'
import { pictureTest } from '../support/failure.ts'
import { type RealCloud, realCloud } from '../support/real.ts'

const PATIENCE = 300
const FILE = '/etc/nginx/conf.d/own.conf'
const UNIT = 'dns-by-hand.service'

let cloud: RealCloud
let id = ''
let began = 0
let asByHand = ''
const folder = mkdtempSync(join(tmpdir(), 'ragstream-edge-by-hand-'))
const [packageFolder, sites] = [join(folder, 'package'), join(folder, 'sites')]

beforeAll(async () => {
  cpSync(await packaged(), packageFolder, { recursive: true })
  mkdirSync(sites)
  cloud = await realCloud({ packageFolder, tempo: { insyncMs: 100 } }, async (account) => {
    cloud = account
    await serveByHand()
    began = performance.now()
    await importAndEdit()
    asByHand = await sh(STATE)
  })
}, 600_000)
afterAll(async () => {
  await cloud?.close()
  rmSync(folder, { recursive: true })
})

const sh = async (script: string, stdin = ''): Promise<string> => {
  const { stdout } = await cloud.machine(id).exec(['sh', '-c', script], { stdin })
  return stdout.trim()
}
const healthy = 'timeout 300 sh -c "until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.1; done"'

/** All that must be as it was in the end. */
const STATE = `cat ${FILE} /etc/systemd/system/${UNIT} /root/dns-by-hand; systemctl is-enabled ${UNIT}
  docker inspect --format '{{.Name}} {{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}} {{json .Config.Env}} {{json .Mounts}}' hand`

const mayWrite = (is: boolean): void => {
  const Statement = [{ Effect: 'Allow', Action: 'route53:ChangeResourceRecordSets', Resource: '*' }]
  const own = { name: 'dns-by-hand', document: { Version: '2012-10-17', Statement } }
  const role = hostRole(cloud.world.state.account, is ? [own] : [])
  cloud.world.dispatch({ type: 'PutInstanceProfile', name: 'web-host', role })
}

/** As a host signs by its role: the access key is the profile's name here. */
function bootScript(): string {
  const { site, wire } = cloud
  const record = `<ResourceRecordSet><Name>${site.hostname}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>203.0.113.99</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`
  const body = `<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change><Action>UPSERT</Action>${record}</Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`
  return `#!/bin/sh
curl -sS --fail-with-body --aws-sigv4 aws:amz:us-east-1:route53 --user 'web-host:${wire.secretOf('web-host')}' -H 'content-type: text/xml' --data '${body}' ${wire.url}/2013-04-01/hostedzone/${site.hostedZoneId}/rrset/
`
}

async function serveByHand(): Promise<void> {
  const { world, site, stage } = cloud
  world.dispatch({ type: 'DeleteParameter', name: `/ragstream-edge/${stage}/images/${site.hostname}` })
  mayWrite(true)
  id = cloud.launch()
  await until(cloud, 'the agent is there', PATIENCE, ({ instances }) => instances.get(id)?.agent ?? undefined)
  await sh(
    `cat >${FILE}`,
    `server {
    listen 80;
    server_name ${site.hostname};
    client_max_body_size 300m;
    add_header X-Served by-hand;
    location / { proxy_pass http://127.0.0.1:8501; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; proxy_set_header Host $http_host; }
}
`,
  )
  await sh('cat >/root/dns-by-hand; chmod 700 /root/dns-by-hand', bootScript())
  await sh(
    `cat >/etc/systemd/system/${UNIT}; systemctl enable ${UNIT}`,
    '[Unit]\nAfter=network.target\n[Service]\nType=oneshot\nExecStart=/root/dns-by-hand\n[Install]\nWantedBy=multi-user.target\n',
  )
  await sh(
    `mkdir -p /srv/data; echo kept >/srv/data/note; docker run -d --name hand --restart always -p 8501:8501 -e MODEL=small -v /srv/data:/data ${standInName('1.4.0')}; ${RELOAD} ${healthy}; systemctl start ${UNIT}`,
  )
  await until(cloud, 'the script has written the record', PATIENCE, (now) =>
    served(now, site)?.includes('203.0.113.99') ? true : undefined,
  )
}

const edge = (...words: string[]) => typedHere({ env: beside(cloud) }, ...words, '--yes', '--sites', sites)
const file = () => join(sites, `${cloud.site.hostname}.json`)

async function importAndEdit(): Promise<void> {
  const { site } = cloud
  const first = await edge('import', site.hostname)
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: '' })
  expect(first.stdout).toMatch(/cannot be carried over:\n {2}\S+own\.conf:5: `add_header` is nothing that/)
  expect(first.stdout).toMatch(/may itself write[\s\S]*aws iam delete-role-policy --role-name web-host-role/)
  expect(first.stdout).not.toContain('small')
  const document = JSON.parse(readFileSync(file(), 'utf8'))
  expect(document).toMatchObject({
    ...{ image: standInName('1.4.0'), adopt: true, proxy: { clientMaxBodySize: '300m' } },
    container: { env: { MODEL: '' }, volumes: ['/srv/data:/data'] },
  })
  // The two edits, and the right that goes.
  writeFileSync(file(), JSON.stringify({ ...document, container: { ...document.container, env: { MODEL: 'small' } } }))
  await sh(`sed -i /add_header/d ${FILE}; ${RELOAD}`)
  mayWrite(false)
  const again = JSON.parse((await edge('import', site.hostname, '--json')).stdout)
  expect(again).toMatchObject({ code: 0, todo: [] })
  expect(again.rehearsal.at(-1)).toMatch(/^step=done result=checked/)
  expect(again.role[0]).toMatch(/^ok .*may not write/)
  const { $schema: _, ...declared } = JSON.parse(readFileSync(file(), 'utf8'))
  cpSync(await declaring([declared]), packageFolder, { recursive: true })
}

pictureTest(
  'by hand, imported, live; the boot script fails and does no harm; and back',
  () => cloud,
  async () => {
    const { world, site, stage } = cloud
    const { address } = await untilLive(cloud, site, id, PATIENCE)
    console.log(`from ./edge import to live: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    await cloud.room.emptyResolverCache()
    expect(await cloud.ask()).toBe('ok')
    await expectLooked(cloud, 'live', ({ causes }) => expect(causes).toEqual([]))
    const ours = await sh(
      `docker exec ragstream-edge-${site.hostname} sh -c 'echo $MODEL; cat /data/note'; docker ps --format '{{.Names}}'`,
    )
    expect(ours.split('\n')).toEqual(['small', 'kept', `ragstream-edge-${site.hostname}`])

    world.dispatch({ type: 'RebootInstances', ids: [id] })
    await cloud.hosts.settled()
    await sh(healthy)
    expect(await sh(`systemctl is-failed ${UNIT}; journalctl --sync; journalctl -u ${UNIT} --no-pager`)).toMatch(
      /^failed\n[\s\S]*not authorized to perform: route53:ChangeResourceRecordSets/,
    )
    expect(served(world.state, site)).toEqual([address])
    expect(await cloud.ask()).toBe('ok')

    world.dispatch({ type: 'DeleteParameter', name: `/ragstream-edge/${stage}/sites/${site.hostname}` })
    const [documentName] = [...world.state.documents.keys()].filter((name) => name.includes('RemoveSite')) as [string]
    const parameters = { Hostname: [site.hostname] }
    const { id: sent } = world.dispatch<'SendCommand'>({
      type: 'SendCommand',
      documentName,
      instanceIds: [id],
      parameters,
    })
    await until(
      cloud,
      'the site is off the host',
      PATIENCE,
      ({ commands }) => commands.get(sent)?.invocations.get(id)?.endedAt ?? undefined,
    )
    await sh(healthy)
    expect(await sh(STATE)).toBe(asByHand)
    expect(await cloud.ask(undefined, '--resolve', `${site.hostname}:80:${address}`)).toBe('ok')
    // A look that is under way would outlive its machine.
    await until(cloud, 'no command is open', PATIENCE, ({ openCommands }) => openCommands.size === 0 || undefined)
  },
)
