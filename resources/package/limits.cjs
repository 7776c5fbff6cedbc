// A step of the packaging: refuses a stack that CloudFormation would refuse in the middle of a deploy, a zone that nobody has, and a region that
// is not the stage's.
const load = require('./load.cjs')

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

/** The zone of the examples. The repository brings a file with it, so that it can be tried without an account. */
const PLACEHOLDER = 'Z0123456789ABCDEFGHIJ'

/**
 * @param {{ Resources?: Record<string, { Type: string, Properties?: { Name?: unknown, Value?: unknown } }> }} template
 * @returns {string | undefined} a sentence for the person who packages or deploys
 */
function doubtful(template) {
  const sites = Object.values(template.Resources ?? {})
    .filter(({ Type, Properties }) => Type === 'AWS::SSM::Parameter' && String(Properties?.Name).includes('/sites/'))
    .map(({ Properties }) => JSON.parse(String(Properties?.Value)))
  if (sites.length === 0) return 'the stage declares no site: ./edge init <hostname> <target> writes its file'
  const named = sites.filter(({ hostedZoneId }) => hostedZoneId === PLACEHOLDER).map(({ hostname }) => hostname)
  if (named.length === 0) return undefined
  return `hostedZoneId of ${named.join(', ')}: found ${PLACEHOLDER}, the zone of the examples, wanted yours: aws route53 list-hosted-zones; or delete the file`
}

class Limits {
  constructor({ service, classes }, { region: flag }, { log }) {
    const compiled = () => service.provider.compiledCloudFormationTemplate
    const hasRegion = async () => {
      const said = await load('region.ts').regionOf({ stage: service.provider.stage, flag })
      if (typeof said === 'string') throw new classes.Error(said)
    }
    this.hooks = {
      'before:remove:remove': hasRegion,
      'before:deploy:deploy': async () => {
        await hasRegion()
        const reason = doubtful(compiled())
        if (reason?.includes(PLACEHOLDER)) throw new classes.Error(reason)
      },
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const mistakes = overLimits(compiled())
        if (mistakes.length > 0) throw new classes.Error(`the stack is too large: ${mistakes.join('; ')}. ${SPLIT}`)
        const reason = doubtful(compiled())
        const { aimed } = load('../functions/lib/steps/place.ts')
        if (reason) log.warning(aimed(reason, service.provider))
      },
    }
  }
}

module.exports = Limits
module.exports.overLimits = overLimits
module.exports.doubtful = doubtful
