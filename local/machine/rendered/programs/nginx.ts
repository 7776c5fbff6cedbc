// nginx of a rendered host: -t and -T read the configuration as far as local/machine/rendered/nginx-*.ts go.
import { readFileSync } from 'node:fs'
import { loadConfiguration } from '../nginx-configuration.ts'
import { configurationFiles, readConfiguration } from '../nginx-syntax.ts'
import { nginxMain } from '../services.ts'
import { beginCall, endCall, notKnown } from './call.ts'

const { root, args } = beginCall('nginx')
const main = args.includes('-c') ? args[args.indexOf('-c') + 1]! : nginxMain(root)
const rest = args.filter((word, index) => word !== '-c' && args[index - 1] !== '-c')
if (rest.length !== 1 || !['-t', '-T'].includes(rest[0]!)) notKnown('nginx', args)

try {
  loadConfiguration(main)
} catch (error) {
  const what = error instanceof Error ? error.message : error
  endCall(1, '', `nginx: [emerg] ${what}\nnginx: configuration file ${main} test failed`)
}
const verdict = `nginx: the configuration file ${main} syntax is ok\nnginx: configuration file ${main} test is successful`
const files = configurationFiles(readConfiguration(main), main)
const dump = files.map((file) => `# configuration file ${file}:\n${readFileSync(file, 'utf8')}`).join('\n')
endCall(0, rest[0] === '-T' ? dump : '', verdict)
