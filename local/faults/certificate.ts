// Faults of HTTPS: what is served on 443, and whether anybody gets there.
import { openAuthority, type Pem } from '../machine/authority.ts'
import type { GroupRule } from '../world/vpc-types.ts'
import type { Fault, Scene, Undo } from './fault.ts'
import { authorityOf, putOnHost, serveHttps, wantHttps } from './https.ts'
import { setInbound } from './network.ts'
import { byScript, rewriteSite } from './nginx.ts'

/** Where a person would put a certificate of their own. */
const FOLDER = '/root/another-certificate'

/** Somebody's nginx file leads to another certificate than the one that was brought. */
async function serve(scene: Scene, pem: Pem, full?: string): Promise<Undo> {
  await putOnHost(scene, FOLDER, pem, full)
  return rewriteSite(scene, `s#(ssl_certificate|ssl_certificate_key) .*/(full|key);#\\1 ${FOLDER}/\\2;#`)
}

/** @param days 0 has expired as soon as it is there */
const issued = (scene: Scene, name = scene.site.hostname, days?: number): Pem => authorityOf(scene).issue([name], days)

function serveStranger(scene: Scene): Promise<Undo> {
  const stranger = openAuthority()
  try {
    return serve(scene, stranger.issue([scene.site.hostname]))
  } finally {
    stranger.close()
  }
}

function serveAlone(scene: Scene): Promise<Undo> {
  const pem = issued(scene)
  return serve(scene, pem, pem.certificate)
}

/** Of the first block, which has HTTPS; the health has its own location. */
const CIRCLE = '0,/location \\/ \\{/s##&\\n        return 307 https://$host$request_uri;#'

const admits443 = ({ ports }: GroupRule): boolean => ports !== null && ports.from <= 443 && 443 <= ports.to

const RULE = 'INPUT -p tcp --dport 443 ! -i lo -j DROP'

/** A fault that stands on HTTPS. */
const onHttps = (
  cause: string,
  about: string,
  inject: Fault['inject'],
  more: Partial<Fault['expected']> = {},
): Fault => ({
  about,
  expected: { verdict: 'broken', causes: [cause], ...more },
  needsRealMachines: true,
  ofHttps: true,
  async inject(scene) {
    const withdraw = await serveHttps(scene)
    const undo = await inject(scene)
    return async () => {
      await undo()
      await withdraw()
    }
  },
})

export const certificateFaults = {
  'certificate-missing': {
    about: 'the site wants HTTPS, and no certificate was obtained; it is live by port 80',
    expected: { verdict: 'live', causes: ['certificate-missing'] },
    needsRealMachines: false,
    inject: async (scene) => {
      const undo = wantHttps(scene)
      return async () => undo()
    },
  },
  'port-443-closed': onHttps(
    'tls-closed',
    'no rule of the security group admits port 443, where the page lives',
    (scene) => setInbound(scene, (inbound) => inbound.filter((rule) => !admits443(rule))),
  ),
  'host-firewall-443': onHttps('host-firewall', 'a rule of the host’s own firewall drops port 443', (scene) =>
    byScript(scene, `iptables -w -I ${RULE}`, `iptables -w -D ${RULE}`),
  ),
  'certificate-expired': onHttps('certificate-expired', 'the certificate that is served has expired', (scene) =>
    serve(scene, issued(scene, scene.site.hostname, 0)),
  ),
  'certificate-wrong-name': onHttps(
    'certificate-wrong-name',
    'the certificate that is served is for another name',
    (scene) => serve(scene, issued(scene, 'another.example.com')),
  ),
  'certificate-chain-incomplete': onHttps(
    'certificate-chain-incomplete',
    'the certificate is served without its intermediate',
    serveAlone,
  ),
  'certificate-untrusted': onHttps(
    'certificate-untrusted',
    'the certificate is of an authority that nobody knows; the page is served',
    serveStranger,
    {
      verdict: 'live',
    },
  ),
  'redirect-loop': onHttps('redirect-loop', 'HTTPS leads to the page it was asked for, and so does port 80', (scene) =>
    rewriteSite(scene, CIRCLE),
  ),
  'office-only-expired': onHttps(
    'certificate-expired',
    'the security group admits one office only, and the host itself sees that the certificate has expired',
    async (scene) => {
      const undo = await serve(scene, issued(scene, scene.site.hostname, 0))
      const open = await setInbound(scene, (inbound) =>
        inbound.map((rule) => ({ ...rule, source: '198.51.100.10/32' })),
      )
      return async () => {
        await open()
        await undo()
      }
    },
    { restricted: true },
  ),
} satisfies Readonly<Record<string, Fault>>
