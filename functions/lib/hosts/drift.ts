// What on a host is no longer as its last command left it: somebody changed it by hand, or it broke.
import { isHealthy, saysHealthy } from '../domain/app.ts'
import type { Site } from '../domain/site.ts'
import type { Answer, Inspection } from './inspection.ts'

/** What the document prints where the host was too busy to say more. */
const TIMED_OUT = 'nginx -t did not end in time'

/** A host that is slow has not been changed: nothing that it did not say in time is a difference. */
export const isBusy = ({ nginx, container, answers }: Inspection): boolean =>
  nginx.error === TIMED_OUT || container.state === 'unknown' || !answers.app?.status || !answers.nginx?.status

/** The first difference in words, from the outside in; undefined where everything it said is as the command left it. */
export function hostDrift(inspection: Inspection, siteHash: string, site: Site): string | undefined {
  const { applied, nginx, rendering, container, answers } = inspection
  if (applied !== siteHash) return `the host holds site ${applied ?? 'nothing'}, wanted ${siteHash}`
  if (nginx.active === false) return 'nginx does not run'
  if (nginx.error && nginx.error !== TIMED_OUT) return `nginx refuses its configuration: ${nginx.error}`
  if (!rendering.file) return 'the site’s nginx file is not there'
  if (rendering.live && rendering.live !== rendering.file) return 'nginx serves another state of the site than its file'
  if (container.state !== 'running' && container.state !== 'unknown')
    return `the container ${container.name} is ${container.state}`
  if (container.metadataBarred === false) return 'the rule that keeps the container from the instance metadata is gone'
  const [app, through] = [said(answers.app), said(answers.nginx)]
  if (app && !isHealthy(site, app)) return `the app answers its health check with ${shown(app)}`
  if (through && !saysHealthy(site, through)) return `through nginx the health check answers ${shown(through)}`
  return undefined
}

/** No answer is none: what keeps it from answering shows elsewhere, or the host is busy. */
const said = (answer: Answer | null): Answer | undefined => (answer?.status ? answer : undefined)

const shown = ({ status, body }: Answer): string => `${status} ${JSON.stringify(body)}`
