// After `sls deploy`: one look at everything, and its report. A rule that was just made does not match at once (PutRule), and an event that came too early
// is gone, so that the sites of a first deploy could wait for the schedule.
const { InvokeCommand, LambdaClient } = require('@aws-sdk/client-lambda')

const load = require('./load.cjs')

const BY_HAND = './edge resync --all <target>'

/** @returns {Promise<string[]>} lines of the report; throws where there is none */
async function look(lambda, name) {
  const reply = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{"all":true}') }))
  const said = JSON.parse(Buffer.from(reply.Payload ?? []).toString() || 'null')
  if (reply.FunctionError) throw new Error(said?.errorMessage ?? reply.FunctionError)
  if (!Array.isArray(said?.report)) throw new Error(`found ${JSON.stringify(said)}, wanted a report`)
  return said.report
}

/** The stack is deployed: what the look lacks fails nothing, and is said. */
function excuse(error, name) {
  if (error.name === 'AccessDeniedException')
    return `No first look was made: this role may not invoke ${name} (lambda:InvokeFunction). The schedule looks within 15 minutes; somebody who may can do it now: ${BY_HAND}`
  return `No first look was made: ${name}: ${error.message}. The schedule looks within 15 minutes, or now: ${BY_HAND}`
}

class FirstLook {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      'after:deploy:deploy': async () => {
        const { name } = serverless.service.getFunction('resync')
        try {
          // A look takes up to five minutes, and is not to be made twice.
          const config = await serverless.getProvider('aws').getAwsSdkV3Config()
          const lambda = new LambdaClient({ ...config, maxAttempts: 1 })
          log.notice('A first look at every site:')
          for (const line of await look(lambda, name)) log.notice(`  ${line}`)
        } catch (error) {
          const { aimed } = load('../functions/lib/steps/place.ts')
          log.warning(aimed(excuse(error, name), serverless.service.provider))
        }
      },
    }
  }
}

module.exports = FirstLook
