// The Serverless Framework runs only JavaScript builders: this one bundles the TypeScript of resources/ and runs it.
const { buildSync } = require('esbuild')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

/** What a file exports, told from resources/. @returns {typeof import('../index.ts')} */
module.exports = (file = 'index.ts') => {
  const entry = join(__dirname, '..', file)
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
  return bundled.exports
}
