// What a plugin of resources/package does after `sls deploy`, on a cloud of a test.
import { createRequire } from 'node:module'
import type { TestCloud } from './cloud.ts'

interface Plugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>
}
type Log = Readonly<Record<'notice' | 'warning', (line: string) => void>>

/** What `sls deploy` prints by it with this access key. `template`: the compiled one, where the plugin reads it. */
export async function afterDeploy(
  file: string,
  cloud: TestCloud,
  accessKeyId: string,
  template?: object,
): Promise<string[]> {
  const Hook: new (serverless: unknown, options: unknown, utils: { log: Log }) => Plugin = createRequire(
    import.meta.url,
  )(`../../resources/package/${file}`)
  const said: string[] = []
  const log = { notice: (line: string) => void said.push(line), warning: (line: string) => void said.push(`! ${line}`) }
  const config = {
    ...{ endpoint: cloud.wire.url, region: cloud.world.state.region },
    credentials: { accessKeyId, secretAccessKey: cloud.wire.secretOf(accessKeyId) },
  }
  const { name } = cloud.stack.functions.find(({ key }) => key === 'resync')!
  const provider = { stage: 'prod', region: 'eu-central-1', compiledCloudFormationTemplate: template }
  const serverless = {
    service: { getFunction: () => ({ name }), provider },
    getProvider: () => ({ getAwsSdkV3Config: async () => config }),
  }
  await new Hook(serverless, {}, { log }).hooks['after:deploy:deploy']!()
  return said
}
