// esbuild plugins for the functions' bundles: less to parse and to load at a cold start, the same behaviour. They see only what is packaged: what
// runs from the sources finds the SDK as it comes. Figures: docs/performance.md.
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs')
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

const HASH = /-[A-Z2-7]{8}(?=\.mjs)/g

/**
 * esbuild's hashes in the names of files hold paths of the machine. Numbers take their place, in the order of what the files hold: the same
 * sources give the same files in every folder.
 * @param {string[]} paths
 */
function numberFiles(paths) {
  const files = paths.map((path) => ({ path, text: readFileSync(path, 'utf8') }))
  files.sort((a, b) => (a.text.replace(HASH, '') < b.text.replace(HASH, '') ? -1 : 1))
  const hashes = files.flatMap(({ path }) => path.match(HASH) ?? [])
  /** @param {string} text */
  const numbered = (text) => text.replace(HASH, (hash) => (hashes.includes(hash) ? `-${hashes.indexOf(hash)}` : hash))
  for (const { path, text } of files) {
    rmSync(path)
    writeFileSync(numbered(path), numbered(text))
  }
}

/**
 * The ACME library is half of the bundle of `certificate`, and most of its looks ask no authority: it becomes files of its own, which are read with
 * the first order. Their names begin as that of the handler, so that the framework puts them into no other zip.
 * @type {Plugin}
 */
const library = {
  name: 'library-apart',
  setup({ initialOptions, onEnd }) {
    const [entry] = Object.values(initialOptions.entryPoints ?? [])
    if (typeof entry !== 'string' || !entry.includes('functions/certificate/')) return
    initialOptions.splitting = true
    initialOptions.chunkNames = 'handler.[name]-[hash]'
    initialOptions.metafile = true
    const folder = initialOptions.absWorkingDir ?? process.cwd()
    onEnd(({ metafile }) => {
      const files = Object.keys(metafile?.outputs ?? {}).filter((file) => file.endsWith('.mjs'))
      numberFiles(files.map((file) => join(folder, file)))
    })
  },
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
      const outputs = Object.values(metafile?.outputs ?? {})
      const entryPoint = outputs.map((output) => output.entryPoint).find((entry) => entry?.endsWith('/handler.ts'))
      if (!entryPoint) return
      const held = outputs
        .flatMap(({ inputs }) => Object.entries(inputs))
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      const files = held.map(([file, { bytesInOutput }]) => [file.replace(/^.*?(?=node_modules\/)/, ''), bytesInOutput])
      const text = JSON.stringify(Object.fromEntries(files.sort()), null, 1)
      // `sls invoke local` bundles, too, and packages nothing.
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, `${basename(dirname(entryPoint))}.contents.json`), `${text}\n`)
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
        if (entryPoint?.endsWith('/handler.ts') && file.endsWith('.mjs'))
          writeFileSync(
            join(build.initialOptions.absWorkingDir ?? process.cwd(), file.replace(/mjs$/, 'cjs')),
            `module.exports = require('./${basename(file)}')\n`,
          )
    })
  },
}
const invokesLocally = process.argv.includes('invoke') && process.argv.includes('local')

const lean = [schemas, credentials, builtins, descriptions, uploads, library, ...(invokesLocally ? [door] : [])]

module.exports = ({ serviceDir, service }) => [
  ...lean,
  contents(service.package.path ?? join(serviceDir, '.serverless')),
]
module.exports.lean = lean
