// Faults behind nginx: the container, its mapping, the app in it.
import { HEALTH_PATH } from '../machine/app-paths.ts'
import { type Fault, onHost, type Scene, type Undo } from './fault.ts'
import { openAppPort } from './network.ts'
import { rewriteSite } from './nginx.ts'

const nameOf = ({ site }: Scene): string => `ragstream-edge-${site.hostname}`

/** The app answers again. */
const HEALTHY = `
until [ "$(curl -s -m 1 http://127.0.0.1:8501${HEALTH_PATH})" = ok ]; do sleep 0.1; done
`

/** Another container of the same image under the site's name, with this publish and this program (none: the image's own). */
async function replace(scene: Scene, publish: string, program: readonly string[], ready: string): Promise<Undo> {
  const machine = scene.machine(scene.instanceId)
  await onHost(
    machine,
    `name=$1 publish=$2; shift 2
    image=$(docker inspect --format '{{.Image}}' "$name")
    docker stop --time 0 "$name" >/dev/null
    docker rename "$name" "$name.before"
    docker run --detach --name "$name" --publish "$publish" "$image" "$@" >/dev/null
    ${ready}`,
    nameOf(scene),
    publish,
    ...program,
  )
  return async () =>
    void (await onHost(
      machine,
      `docker rm --force "$1" >/dev/null; docker rename "$1.before" "$1"; docker start "$1" >/dev/null; ${HEALTHY}`,
      nameOf(scene),
    ))
}

const PUBLISH = '127.0.0.1:8501:8501'
const python = (program: string): string[] => ['/usr/bin/python3', '-c', program]

/** Every path gets a page, as Streamlit answers unknown ones. */
const PAGE = `
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b'<!DOCTYPE html><title>Please wait</title>'
        self.send_response(200); self.send_header('Content-Type', 'text/html')
        self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
http.server.ThreadingHTTPServer(('0.0.0.0', 8501), Page).serve_forever()
`

/** Takes connections and never says a word. */
const SILENT = `
import socket, time
server = socket.create_server(('0.0.0.0', 8501)); time.sleep(86400)
`

/** Docker takes a connection for the program before the program does. */
const ANSWERS = `until curl -sf -m 5 http://127.0.0.1:8501/ >/dev/null; do sleep 0.1; done`

/** Nobody answers, and nobody refuses. */
const LISTENS = `until curl -s -m 1 http://127.0.0.1:8501/ >/dev/null || [ $? = 28 ]; do sleep 0.1; done`

async function stopContainer(scene: Scene): Promise<Undo> {
  const machine = scene.machine(scene.instanceId)
  await onHost(machine, 'docker stop --time 0 "$1" >/dev/null', nameOf(scene))
  return async () => void (await onHost(machine, `docker start "$1" >/dev/null; ${HEALTHY}`, nameOf(scene)))
}

/** In the order in which they were made, taken back in the other. */
async function both(first: Promise<Undo>, second: () => Promise<Undo>): Promise<Undo> {
  const undo = [await first, await second()]
  return async () => {
    for (const one of undo.reverse()) await one()
  }
}

const broken = (cause: string): Fault['expected'] => ({ verdict: 'broken', causes: [cause] })

export const containerFaults = {
  'container-stopped': {
    about: 'the container does not run',
    expected: broken('container-down'),
    needsRealMachines: true,
    inject: stopContainer,
  },
  'wrong-port': {
    about: 'the container runs, published on 8502 instead of 8501',
    expected: broken('not-mapped'),
    needsRealMachines: true,
    inject: (scene) => replace(scene, '127.0.0.1:8502:8501', [], ''),
  },
  'app-not-listening': {
    about: 'the container runs, and nothing in it listens on 8501',
    expected: broken('app-not-listening'),
    needsRealMachines: true,
    inject: (scene) => replace(scene, PUBLISH, ['/bin/sleep', '86400'], ''),
  },
  'health-wrong': {
    about: 'the app answers a page where its health should be',
    expected: broken('health-wrong'),
    needsRealMachines: true,
    inject: (scene) => replace(scene, PUBLISH, python(PAGE), ANSWERS),
  },
  'gateway-timeout': {
    about: 'the app takes requests and never answers, and nginx gives up after a second',
    expected: broken('gateway-timeout'),
    needsRealMachines: true,
    inject: (scene) =>
      both(replace(scene, PUBLISH, python(SILENT), LISTENS), () =>
        rewriteSite(scene, 's/proxy_read_timeout .*;/proxy_read_timeout 1s;/'),
      ),
  },
  'app-port-open': {
    about: '8501 is open to the world: published on every address and admitted by the security group; the site is live',
    expected: { verdict: 'live', causes: ['app-port-open'] },
    needsRealMachines: true,
    inject: (scene) => both(replace(scene, '0.0.0.0:8501:8501', [], HEALTHY), () => openAppPort(scene)),
  },
} satisfies Readonly<Record<string, Fault>>
