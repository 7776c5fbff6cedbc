// The stack's resources, for serverless.yml: what resources/index.ts says. It holds no resource of its own.
const load = require('./load.cjs')

module.exports = async ({ resolveVariable }) => {
  const [stage, tracing, permissionsBoundary, kmsKeyArn] = await Promise.all(
    ['sls:stage', 'self:custom.tracing', 'self:custom.permissionsBoundary', 'self:custom.kmsKeyArn'].map((name) =>
      resolveVariable(name),
    ),
  )
  try {
    return load().resources(stage, { tracing, permissionsBoundary, kmsKeyArn })
  } catch (error) {
    // The framework would wrap it in three sentences of its own and a stack.
    process.stderr.write(`${error.message}
`)
    process.exit(1)
  }
}
