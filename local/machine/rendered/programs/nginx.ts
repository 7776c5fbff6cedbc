// nginx of a rendered host: -v; -t and -T read the configuration as far as nginx-syntax.ts and nginx-configuration.ts go.
import { readFileSync } from 'node:fs'
import { loadConfiguration } from '../nginx-configuration.ts'
import { configurationFiles, readConfiguration } from '../nginx-syntax.ts'
import { nginxMain } from '../services.ts'
import type { Call } from './call.ts'

export function nginx(call: Call): void {
  const at = call.args.indexOf('-c')
  const main = at < 0 ? nginxMain(call.root) : (call.args[at + 1] ?? call.notKnown())
  const [verb, ...more] = call.args.filter((_, index) => at < 0 || (index !== at && index !== at + 1))
  if (verb === '-v') call.end(0, '', 'nginx version: nginx/0.0.0')
  if ((verb !== '-t' && verb !== '-T') || more.length > 0) call.notKnown()
  try {
    loadConfiguration(main)
  } catch (error) {
    const what = error instanceof Error ? error.message : error
    call.end(1, '', `nginx: [emerg] ${what}\nnginx: configuration file ${main} test failed`)
  }
  const verdict = `nginx: the configuration file ${main} syntax is ok\nnginx: configuration file ${main} test is successful`
  call.end(0, verb === '-T' ? dump(main) : '', verdict)
}

function dump(main: string): string {
  const files = configurationFiles(readConfiguration(main), main)
  return files.map((file) => `# configuration file ${file}:\n${readFileSync(file, 'utf8')}`).join('\n')
}
