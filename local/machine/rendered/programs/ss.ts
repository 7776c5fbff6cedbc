// ss of a rendered host: `ss -Hltn[p] ['sport = :<port>']`.
import type { HostState } from '../state.ts'
import type { Call } from './call.ts'

export function ss(call: Call): void {
  const [options = '', filter] = call.args
  const wanted = /^sport = :(\d+)$/.exec(filter ?? '')?.[1]
  if (!/^-Hltnp?$/.test(options) || (filter !== undefined && wanted === undefined)) call.notKnown()
  const lines = listeners(call.state)
    .filter((one) => filter === undefined || one.port === Number(wanted))
    .map(({ address, port, program }) => `LISTEN 0 511 ${address}:${port} 0.0.0.0:* users:(("${program}",pid=1,fd=6))`)
  call.end(0, lines.join('\n'))
}

function listeners(state: HostState): { address: string; port: number; program: string }[] {
  const nginx = state.services.nginx?.active ? [{ address: '0.0.0.0', port: 80, program: 'nginx' }] : []
  const published = state.containers
    .filter(({ running }) => running)
    .flatMap(({ publish }) => publish)
    .map(({ hostIp, hostPort }) => ({ address: hostIp, port: hostPort, program: 'docker-proxy' }))
  return [...nginx, ...published, ...state.listeners.map((one) => ({ address: '0.0.0.0', ...one }))]
}
