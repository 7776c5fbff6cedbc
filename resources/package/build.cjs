// The Serverless Framework runs only JavaScript builders: this one bundles the TypeScript beside it and returns what
// that says. It holds no resource of its own.
const { buildSync } = require('esbuild')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

module.exports = async ({ resolveVariable }) => {
  const entry = join(__dirname, '../index.ts')
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(entry).href) },
  })
  const bundled = { exports: {} }
  new Function('module', 'exports', 'require', outputFiles[0].text)(bundled, bundled.exports, require)
  const [stage, tracing, permissionsBoundary, kmsKeyArn] = await Promise.all(
    ['sls:stage', 'self:custom.tracing', 'self:custom.permissionsBoundary', 'self:custom.kmsKeyArn'].map((name) =>
      resolveVariable(name),
    ),
  )
  try {
    return bundled.exports.resources(stage, { tracing, permissionsBoundary, kmsKeyArn })
  } catch (error) {
    // The framework would wrap it in three sentences of its own and a stack.
    process.stderr.write(`${error.message}
`)
    process.exit(1)
  }
}
