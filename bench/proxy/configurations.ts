// The same job for each proxy: one site on one port by its Host, led to 127.0.0.1:8501 with the visitor's address, WebSockets and large
// uploads through, answers passed on as they come. One process, one thread, no access log, room for 1,000 sockets.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { STREAMLIT } from '../../functions/lib/domain/app.ts'
import { run } from '../../local/machine/command.ts'

export const HOSTNAME = 'ragstream.rusbehabtahi.com'
export const APP_PORT = 8501
/** What each proxy may hold of an answer at once. */
export const BUFFER_KB = 64
const OUR_APP = `127.0.0.1:${APP_PORT}`
const TEMPLATES = fileURLToPath(new URL('../../templates/', import.meta.url))

/** nginx.conf as Debian ships it, but for the number of workers and connections, and the log. */
export const nginxMain = (folder: string, http: string): string => `daemon off;
user www-data;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {
  worker_connections 8192;
}
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  default_type application/octet-stream;
  access_log off;
  gzip on;
  ${TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(' ')}
${http}
}
`

/** Folders that Debian's package would have made below /var/lib/nginx. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** What the host's document renders, by its own program, and what it makes of a host that no site has. */
export async function ourSite(folder: string): Promise<string> {
  const file = join(folder, 'site.conf')
  const env = {
    ...{ EDGE_HOSTNAME: HOSTNAME, EDGE_ALIASES: '', EDGE_HOST_PORT: String(APP_PORT), EDGE_IF_INET6: '/nowhere' },
    ...{ EDGE_CLIENT_MAX_BODY_SIZE: '201m', EDGE_READ_TIMEOUT: '1h' },
    // All requests come from one address.
    ...{ EDGE_CONNECTIONS_PER_ADDRESS: '8192', EDGE_CONNECTIONS: '8192' },
  }
  const program = 'here=$1; eval "$(grep "^[.] " "$here/main.sh")"; render_site "$2"'
  await run(['bash', '-euc', program, 'bash', join(TEMPLATES, 'configure-host'), file], { env })
  return `include ${join(TEMPLATES, 'configure-host', 'nginx-limits.conf.template')}; include ${file};`
}

export const barePass = (port: number): string => `server {
  listen ${port};
  location / {
    proxy_pass http://${OUR_APP};
  }
}`

/** What one writes by hand to get the same: connections kept, for uploads too. */
export const keptPass = (port: number): string => `map $http_upgrade $kept_connection {
  default upgrade;
  '' '';
}
upstream kept {
  server ${OUR_APP};
  keepalive 32;
}
server {
  listen ${port};
  server_name ${HOSTNAME};
  client_max_body_size 201m;
  location / {
    proxy_pass http://kept;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $kept_connection;
    proxy_buffering off;
    proxy_buffer_size ${BUFFER_KB}k;
    proxy_buffers 8 ${BUFFER_KB}k;
  }
}`

/** Answers at once: what is measured is the proxy before it. */
export const app = (folder: string): string => `server {
  listen ${OUR_APP} backlog=4096;
  keepalive_requests 1000000;
  location = ${STREAMLIT.health.path} {
    default_type text/plain;
    return 200 ok;
  }
  location = /1mb {
    root ${folder};
  }
}`

export const haproxy = (port: number): string => `global
  maxconn 5000
  nbthread 1
  tune.bufsize ${BUFFER_KB * 1024}
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
frontend http
  bind 127.0.0.1:${port}
  acl site hdr(host) -i ${HOSTNAME}
  use_backend app if site
backend app
  option forwardfor
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-Proto http
  server app ${OUR_APP}
`
