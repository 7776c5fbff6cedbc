// Faults of the host's own firewall and of nginx.
import { type Fault, onHost, type Scene, type Undo } from './fault.ts'

/** Runs one script to break and another to mend, both with the site's nginx file as `$1`. */
export async function byScript(scene: Scene, breaking: string, mending: string): Promise<Undo> {
  const machine = scene.machine(scene.instanceId)
  const file = `/etc/nginx/conf.d/ragstream-edge-${scene.site.hostname}.conf`
  await onHost(machine, breaking, file, scene.site.hostname)
  return async () => void (await onHost(machine, mending, file, scene.site.hostname))
}

/** Loads what the files say, and waits for the workers that still answer by the old ones: `nginx -s reload` does not. */
export const RELOAD = `
old=$(pgrep -P "$(cat /run/nginx.pid)")
nginx -t -q
nginx -s reload
for pid in $old; do
  while [ -r /proc/$pid/cmdline ] && ! grep -q 'shutting down' /proc/$pid/cmdline; do sleep 0.02; done
done
`

const ASIDE = '/root/site.conf.before'

/** Another text of the site's nginx file. */
export const rewriteSite = (scene: Scene, sed: string): Promise<Undo> =>
  byScript(
    scene,
    `cp -p "$1" ${ASIDE}; sed -i -E '${sed}' "$1"; ! cmp -s "$1" ${ASIDE}; ${RELOAD}`,
    `mv ${ASIDE} "$1"; ${RELOAD}`,
  )

const RULE = 'INPUT -p tcp --dport 80 ! -i lo -j DROP'

const OTHER_DEFAULT = `
mv /etc/nginx/conf.d/ragstream-edge.conf /root/default.conf.before
cat >/etc/nginx/conf.d/default.conf <<'END'
server_names_hash_bucket_size 512;
server { listen 80 default_server; root /var/www/html; index index.nginx-debian.html; }
END
`
const OWN_DEFAULT = `
rm /etc/nginx/conf.d/default.conf
mv /root/default.conf.before /etc/nginx/conf.d/ragstream-edge.conf
`

const broken = (cause: string): Fault['expected'] => ({ verdict: 'broken', causes: [cause] })

export const nginxFaults = {
  'host-firewall': {
    about: 'a rule of the host’s own firewall drops port 80',
    expected: broken('host-firewall'),
    needsRealMachines: true,
    inject: (scene) => byScript(scene, `iptables -w -I ${RULE}`, `iptables -w -D ${RULE}`),
  },
  'nginx-stopped': {
    about: 'nginx does not run',
    expected: broken('nginx-down'),
    needsRealMachines: true,
    inject: (scene) => byScript(scene, 'systemctl stop nginx', 'systemctl start nginx'),
  },
  'other-default-site': {
    about: 'the site’s block is gone and nginx’s own welcome page is the default site',
    expected: { verdict: 'broken', causes: ['other-default-site', 'site-block-missing'] },
    needsRealMachines: true,
    inject: (scene) =>
      byScript(scene, `mv "$1" ${ASIDE}; ${OTHER_DEFAULT} ${RELOAD}`, `mv ${ASIDE} "$1"; ${OWN_DEFAULT} ${RELOAD}`),
  },
  'site-block-removed': {
    about: 'the site’s block is gone: its name gets no site',
    expected: broken('site-block-missing'),
    needsRealMachines: true,
    inject: (scene) => byScript(scene, `mv "$1" ${ASIDE}; ${RELOAD}`, `mv ${ASIDE} "$1"; ${RELOAD}`),
  },
  'websocket-headers-lost': {
    about: 'somebody took the Upgrade headers out of the site’s block',
    expected: broken('websocket-not-upgraded'),
    needsRealMachines: true,
    inject: (scene) => rewriteSite(scene, '/proxy_set_header (Upgrade|Connection) /d'),
  },
  'body-limit': {
    about: 'somebody set nginx’s body limit back to 1 MB: uploads get 413',
    expected: broken('body-limit'),
    needsRealMachines: true,
    inject: (scene) => rewriteSite(scene, 's/client_max_body_size .*;/client_max_body_size 1m;/'),
  },
} satisfies Readonly<Record<string, Fault>>
