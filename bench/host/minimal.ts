// What one writes by hand in ten minutes: the same container and a server block, until the app answers through port 80. No test of the
// configuration, no health gate before the switch, no way back, no lock, no look at what is there.
import { STREAMLIT } from '../../functions/lib/domain/app.ts'
import { imageName } from '../../local/machine/prepare/app-image.ts'
import { NAME } from '../../test/host/document/bench.ts'

export const minimal = (tag: '1.4.0' | '1.5.0'): string => `set -e
docker rm -f app >/dev/null 2>&1 || true
docker run -d --name app --restart unless-stopped -p 127.0.0.1:8501:8501 ${imageName(tag)} >/dev/null
cat >/etc/nginx/conf.d/app.conf <<'END'
map $http_upgrade $connection_upgrade { default upgrade; '' close; }
server {
  listen 80;
  server_name ${NAME};
  client_max_body_size 201m;
  location / {
    proxy_pass http://127.0.0.1:8501;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    proxy_read_timeout 1h;
  }
}
END
systemctl reload nginx
until [ "$(curl -s -H 'Host: ${NAME}' http://127.0.0.1${STREAMLIT.health.path})" = ${STREAMLIT.health.body} ]; do sleep 0.05; done
`

/** As a host is before its first configuration, with nginx and Docker there and the images pulled. */
export const BARE = `docker rm -f $(docker ps -aq) >/dev/null 2>&1
docker network rm ragstream-edge >/dev/null 2>&1
iptables -t raw -F PREROUTING
rm -rf /etc/nginx/conf.d/* /var/lib/ragstream-edge /etc/systemd/system/ragstream-edge* /etc/systemd/system/*/ragstream-edge*
ln -sf /etc/nginx/sites-available/default /etc/nginx/sites-enabled/default
systemctl reload nginx; sleep 0.3
`
