// The functions that only some stages have, for serverless.yml: what resources/functions.ts says. One that is null is left out.
const load = require('./load.cjs')

module.exports = async ({ resolveVariable }) => {
  try {
    return load().optionalFunctions(await resolveVariable('sls:stage'))
  } catch {
    // A site that cannot be read: build.cjs tells it.
    return {}
  }
}
