// What a host is like before a run is killed on it, and how it is compared afterwards: shell text for the host.
import { RELOAD } from '../../../local/faults/nginx.ts'
import { CONTAINER, NAME } from './bench.ts'
import { OTHER_FILE, OWN } from './by-hand.ts'

/** As if nobody had ever run the document here. */
export const FORGET = `docker ps -aq | xargs -r docker rm -f; docker network rm ${CONTAINER}
  iptables -t raw -F; iptables -F INPUT; iptables -F OUTPUT; systemctl disable ragstream-edge-metadata; rm -f /etc/systemd/system/ragstream-edge-metadata.service
  rm -rf /var/lib/ragstream-edge /etc/nginx/conf.d/* /etc/nginx/ragstream-edge; ln -sf ../sites-available/default /etc/nginx/sites-enabled/default
  systemctl disable dns.service; rm -f /etc/systemd/system/dns.service /etc/cron.d/dns; ${RELOAD} sync`

const COMPARED = "/etc/nginx /var/lib/ragstream-edge /etc/systemd/system ! -type d ! -name 'pull*' ! -name last"

/** Every file that the document may write, and the container; but not how the registry answered and what the run said. */
export const STATE = `find ${COMPARED} -printf '%p %M %l\\n' | sort; find ${COMPARED} -type f -exec sha256sum {} + | sort; ls -A /var/lib/ragstream-edge/*
  docker inspect --format '{{.Name}} {{.HostConfig.PortBindings}} {{.HostConfig.RestartPolicy}} {{.HostConfig.NetworkMode}}' ${CONTAINER}`

/** What nobody may find any more when the site is off the host. Docker's network stays (ADR 23), and so do Docker's own rules for it. */
export const TRACES = `find /etc/nginx /etc/systemd/system /var/lib -name '*ragstream-edge*'; docker ps -a --format '{{.Names}}'
  { iptables -t raw -S; iptables -S INPUT; iptables -S OUTPUT; } | grep -e rsedge -e '^-A OUTPUT'; [ -L /etc/nginx/sites-enabled/default ] || echo no stock site`

export const SERVED_BY_HAND = `timeout 60 sh -c "until curl -sf -H 'Host: ${NAME}' http://127.0.0.1/_stcore/health; do sleep 0.1; done"`

/** All that was there by hand, and all that may have come to it. */
export const BY_HAND_STATE = `cat ${OWN} ${OTHER_FILE} /etc/cron.d/dns; systemctl is-enabled dns.service; ls -AR /etc/nginx /etc/cron.d; ls /var/lib/ragstream-edge 2>&1
  docker ps -a --format '{{.Names}} {{.Ports}}'; docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' streamlit`
