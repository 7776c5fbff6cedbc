// The region of `sls`, for serverless.yml: that of ./edge (resources/region.ts). Null where there is none, which only a package does without.
const load = require('./load.cjs')

module.exports = async ({ options, resolveVariable }) => {
  const said = await load('region.ts').regionOf({ stage: await resolveVariable('sls:stage'), flag: options.region })
  return typeof said === 'string' ? null : said.region
}
