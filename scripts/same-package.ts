// node scripts/same-package.ts <folder> <folder>: whether two packagings of one state are the same. Needs no package, so that it can run
// before anything of the packages' is trusted.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [one, other] = process.argv.slice(2)
if (!one || !other)
  throw new Error('found fewer than two words, wanted two folders: node scripts/same-package.ts <folder> <folder>')

/** The framework names the folder of an upload by the time of its packaging, and nothing else by it. */
const TIME = /(?<=serverless\/[\w-]+\/[a-z0-9]+\/)\d{13}-\d{4}-\d\d-\d\dT[\d:.]+Z/g

const contentOf = (file: string): string => {
  const content = readFileSync(file, 'latin1')
  return file.endsWith('.json') ? content.replaceAll(TIME, '<time>') : content
}

const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
const [here, there] = [new Set(filesIn(one)), new Set(filesIn(other))]
const missing = [...here.symmetricDifference(there)].map((name) => `${name}: only in ${here.has(name) ? one : other}`)
const changed = [...here.intersection(there)].flatMap((name) =>
  contentOf(join(one, name)) === contentOf(join(other, name)) ? [] : [`${name}: differs`],
)
const differences = [...missing, ...changed]
for (const line of differences) console.error(line)
if (here.size === 0) throw new Error(`${one}: found nothing, wanted a package`)
console.log(
  differences.length === 0
    ? `${here.size} files are the same`
    : `${differences.length} of ${here.size} files are not the same`,
)
process.exitCode = differences.length === 0 ? 0 : 1
