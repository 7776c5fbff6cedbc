// What somebody set up by hand on a host that serves the site: a server block, a container, and scripts that write the record, which stay.
import { RELOAD } from '../../../local/faults/nginx.ts'
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { imageName, NAME, sh } from './bench.ts'

export const OWN = '/etc/nginx/conf.d/own.conf'
const BLOCK = `server {
    listen 80;
    server_name ${NAME};
    location / { proxy_pass http://127.0.0.1:8501; proxy_set_header X-Real-IP $remote_addr; }
}
`
export const OTHER_FILE = '/etc/nginx/conf.d/other.conf'
/** Stays. */
const OTHER = `server {
    listen 80;
    server_name other.example.com;
    return 200 other;
}
`
const UPDATER = `#!/bin/sh
aws route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch '{"Name":"${NAME}"}'
`
const CRON = `# mine\n5 4 * * * root /usr/bin/true\n@reboot root /usr/local/bin/update-dns.sh\n`
const UNIT = '[Service]\nExecStart=/usr/local/bin/update-dns.sh\n[Install]\nWantedBy=multi-user.target\n'

export const untilHealthy = (host: Host) =>
  sh(host, 'until curl -sf http://127.0.0.1:8501/_stcore/health; do sleep 0.1; done')

export async function setUpByHand(host: Host): Promise<void> {
  await sh(host, `cat >${OWN}`, BLOCK)
  await sh(host, `cat >${OTHER_FILE}`, OTHER)
  await sh(host, 'cat >/usr/local/bin/update-dns.sh; chmod 755 /usr/local/bin/update-dns.sh', UPDATER)
  await sh(host, 'mkdir -p /etc/cron.d; cat >/etc/cron.d/dns', CRON)
  await sh(host, 'cat >/etc/systemd/system/dns.service; systemctl enable dns.service', UNIT)
  await sh(host, `docker run -d --name streamlit --restart always -p 8501:8501 ${imageName('1.4.0')}; ${RELOAD}`)
  await untilHealthy(host)
}
