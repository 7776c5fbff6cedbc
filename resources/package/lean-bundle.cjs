// esbuild plugins for the functions' bundles: less to parse and to load at a cold start, the same behaviour. They see only what is packaged: what
// runs from the sources finds the SDK as it comes. Figures: docs/performance.md.
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs')
const { builtinModules } = require('node:module')
const { basename, dirname, join } = require('node:path')

/** @typedef {import('esbuild').Plugin} Plugin */

/**
 * The SDK's schemas have computed keys (`[_eQN]: …`), which no bundler may drop as unused; the keys are constants of the same file. If the
 * generated form changes, nothing is replaced and the size budget says so.
 * @param {string} source
 */
function literalKeys(source) {
  const constants = new Map(
    [...source.matchAll(/^const (\w+) = ("(?:[^"\\]|\\.)*");$/gm)].map(([, name, text]) => [name, text]),
  )
  return source.replace(/\[(\w+)\]:/g, (whole, name) => (constants.has(name) ? `${constants.get(name)}:` : whole))
}

/** @type {Plugin} */
const schemas = {
  name: 'literal-keys',
  setup: (build) =>
    build.onLoad({ filter: /@aws-sdk\/.+\/schemas\/schemas_\d+\.js$/ }, ({ path }) => ({
      contents: literalKeys(readFileSync(path, 'utf8')),
    })),
}

/** Lambda gives a function its role's credentials in its environment, and in no other way. */
const FROM_ENVIRONMENT = `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'`

/** @type {Plugin} */
const credentials = {
  name: 'credentials-from-environment',
  setup(build) {
    const namespace = 'credentials-from-environment'
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path, resolveDir }) => ({
      path,
      namespace,
      pluginData: resolveDir,
    }))
    build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
      contents: FROM_ENVIRONMENT,
      resolveDir: pluginData,
    }))
  },
}

/** `import` of a part of Node.js reads every one of its exports, and so loads undici with node:http; getBuiltinModule reads none. */
/** @type {Plugin} */
const builtins = {
  name: 'builtin-modules-as-they-are-used',
  setup(build) {
    const namespace = 'builtin-modules'
    const known = new Set(builtinModules)
    build.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path }) =>
      path.startsWith('node:') || known.has(path) ? { path, namespace, sideEffects: false } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/** Clients read only the version of their own description. */
/** @type {Plugin} */
const descriptions = {
  name: 'version-alone',
  setup: (build) =>
    build.onLoad({ filter: /@aws-sdk\/[^/]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, 'utf8')).version }),
      loader: 'json',
    })),
}

/** The types of 2,000 kinds of files, for uploads by forms, which the ACME library's HTTP client brings and nobody makes. */
/** @type {Plugin} */
const uploads = {
  name: 'no-uploads',
  setup: (build) => build.onLoad({ filter: /\/mime-db\/db\.json$/ }, () => ({ contents: '{}', loader: 'json' })),
}

/**
 * Writes which files of which packages each bundle holds beside the zips, for the roles' test and the bill of materials. (The framework's own
 * `metafile` would go into every zip.)
 * @param {string} folder
 * @returns {Plugin}
 */
const contents = (folder) => ({
  name: 'contents',
  setup(build) {
    build.initialOptions.metafile = true
    build.onEnd(({ metafile }) => {
      for (const { entryPoint, inputs } of Object.values(metafile?.outputs ?? {})) {
        if (!entryPoint) continue
        const held = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        const files = held.map(([file, { bytesInOutput }]) => [
          file.replace(/^.*?(?=node_modules\/)/, ''),
          bytesInOutput,
        ])
        const text = JSON.stringify(Object.fromEntries(files.sort()), null, 1)
        // `sls invoke local` bundles, too, and packages nothing.
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, `${basename(dirname(entryPoint))}.contents.json`), `${text}\n`)
      }
    })
  },
})

/**
 * `sls invoke local` looks for a handler in .js or .cjs only: a door to the bundle, never packaged.
 * @type {Plugin}
 */
const door = {
  name: 'door',
  setup(build) {
    build.onEnd(({ metafile }) => {
      for (const [file, { entryPoint }] of Object.entries(metafile?.outputs ?? {}))
        if (entryPoint && file.endsWith('.mjs'))
          writeFileSync(
            join(build.initialOptions.absWorkingDir ?? process.cwd(), file.replace(/mjs$/, 'cjs')),
            `module.exports = require('./${basename(file)}')\n`,
          )
    })
  },
}
const invokesLocally = process.argv.includes('invoke') && process.argv.includes('local')

const lean = [schemas, credentials, builtins, descriptions, uploads, ...(invokesLocally ? [door] : [])]

module.exports = ({ serviceDir, service }) => [
  ...lean,
  contents(service.package.path ?? join(serviceDir, '.serverless')),
]
module.exports.lean = lean
