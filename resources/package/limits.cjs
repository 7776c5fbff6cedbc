// A step of the packaging: refuses a stack that CloudFormation would refuse in the middle of a deploy.

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MOST_RESOURCES = 500
const MOST_BYTES = 1_000_000

const SPLIT =
  'each site is a resource, and its document and names are in the template: move some files of resources/sites to resources/sites/<another stage> and deploy that stage, too'

/**
 * @param {{ Resources?: object }} template
 * @returns {string[]} sentences; none when the stack is within the limits
 */
function overLimits(template) {
  const resources = Object.keys(template.Resources ?? {}).length
  const bytes = Buffer.byteLength(JSON.stringify(template, null, 2))
  const mistakes = []
  if (resources > MOST_RESOURCES) mistakes.push(`resources: found ${resources}, wanted at most ${MOST_RESOURCES}`)
  if (bytes > MOST_BYTES) mistakes.push(`template: found ${bytes} bytes, wanted at most ${MOST_BYTES}`)
  return mistakes
}

class Limits {
  constructor({ service, classes }) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const mistakes = overLimits(service.provider.compiledCloudFormationTemplate)
        if (mistakes.length > 0) throw new classes.Error(`the stack is too large: ${mistakes.join('; ')}. ${SPLIT}`)
      },
    }
  }
}

module.exports = Limits
module.exports.overLimits = overLimits
