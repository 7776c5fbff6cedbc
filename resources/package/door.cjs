// After `sls deploy`: where the doors are, if a site has one.
const { GetParametersCommand, SSMClient } = require('@aws-sdk/client-ssm')
const load = require('./load.cjs')

/** @param {{ Resources?: Record<string, { Type: string, Properties?: { Name?: unknown, Value?: unknown } }> }} template @returns {string[]} hostnames */
const doorsOf = (template) =>
  Object.values(template.Resources ?? {})
    .filter(({ Type, Properties }) => Type === 'AWS::SSM::Parameter' && String(Properties?.Name).includes('/sites/'))
    .map(({ Properties }) => JSON.parse(String(Properties?.Value)))
    .filter(({ door }) => door)
    .map(({ hostname }) => hostname)

class Doors {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      'after:deploy:deploy': async () => {
        const { compiledCloudFormationTemplate, stage } = serverless.service.provider
        const doors = doorsOf(compiledCloudFormationTemplate)
        if (doors.length === 0) return
        try {
          const ssm = new SSMClient(await serverless.getProvider('aws').getAwsSdkV3Config())
          const name = `/ragstream-edge/${stage}/state/door/address`
          const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [name] }))
          if (!Parameters[0]) throw new Error(`found no parameter ${name}`)
          for (const hostname of doors) log.notice(`The door of ${hostname}: ${Parameters[0].Value}/${hostname}`)
        } catch (error) {
          // The stack is deployed.
          const { aimed } = load('../functions/lib/steps/place.ts')
          log.warning(
            aimed(
              `The address of the doors was not read: ${error.message}. Type: ./edge status <target>`,
              serverless.service.provider,
            ),
          )
        }
      },
    }
  }
}

module.exports = Doors
