// What on a host is no longer as its last command left it: somebody changed it by hand, or it broke.
import type { Inspection } from './inspection.ts'

/** The first difference in words, from the outside in; undefined where everything is as the command left it. */
export function hostDrift(inspection: Inspection, siteHash: string): string | undefined {
  const { applied, nginx, rendering, container, answers } = inspection
  if (applied !== siteHash) return `the host holds site ${applied ?? 'nothing'}, wanted ${siteHash}`
  if (!nginx.active) return 'nginx does not run'
  if (nginx.error) return `nginx refuses its configuration: ${nginx.error}`
  if (!rendering.file) return 'the site’s nginx file is not there'
  if (rendering.live && rendering.live !== rendering.file) return 'nginx serves another state of the site than its file'
  if (container.state !== 'running') return `the container ${container.name} is ${container.state}`
  if (answers.app.body !== 'ok') return `the app answers its health check with ${shown(answers.app)}`
  if (answers.nginx.body !== 'ok') return `through nginx the health check answers ${shown(answers.nginx)}`
  return undefined
}

const shown = ({ status, body }: Inspection['answers']['app']): string =>
  status === 0 ? 'nothing' : `${status} ${JSON.stringify(body)}`
