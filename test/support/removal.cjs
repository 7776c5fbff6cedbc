// What the framework does last in `sls remove --stage <stage>`, by its own list of hooks, with the plugins of serverless.yml. It asks AWS for
// nothing: of the hooks only those that come after the removal are run.
const { join } = require('node:path')
const readConfiguration = require('serverless/lib/configuration/read')
const Serverless = require('serverless/lib/serverless')
require(join(require.resolve('serverless/lib/serverless'), '../utils/serverless-utils/log-reporters/node'))

async function main(stage) {
  const serviceDir = join(__dirname, '../..')
  const { service, frameworkVersion, plugins } = await readConfiguration(join(serviceDir, 'serverless.yml'))
  const provider = { name: 'aws', stage, runtime: 'nodejs24.x' }
  const configuration = { service, frameworkVersion, plugins, provider }
  const words = { commands: ['remove'], options: { stage } }
  const serverless = new Serverless({ ...words, serviceDir, configurationFilename: 'serverless.yml', configuration })
  await serverless.init()
  const manager = serverless.pluginManager
  const { lifecycleEventsData } = manager.getLifecycleEventsData(manager.getCommand(['remove']))
  const { lifecycleEventName, hooksData } = lifecycleEventsData.at(-1)
  await manager.runHooks(`after:${lifecycleEventName}`, hooksData.after)
}

main(process.argv[2])
