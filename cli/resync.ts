// npm run resync -- <site>: looks at records and hosts, mends what no event told, and says so.
import { invoker, Refused } from './invoke.ts'
import { command, readWords, warn } from './words.ts'

const USAGE = `npm run resync -- <site>|<instance>|all [options]
  --dry-run    say what would be mended, change nothing
  --local      the local cloud of npm start -- --keep, instead of AWS
  --stage      prod is the default; --region: AWS_REGION, else eu-central-1
exit code 0: in sync or mended, 1: something cannot be mended, 2: wrong words`

interface Report {
  readonly report: readonly string[]
  readonly drift: readonly { readonly verdict: string }[]
}

function scopeOf(what: string | undefined): object {
  if (what === undefined) throw new Refused(`found nothing to look at, wanted a site, an instance or all\n${USAGE}`)
  if (what === 'all') return { all: true }
  return /^i-[0-9a-f]+$/.test(what) ? { instance: what } : { site: what }
}

await command(async () => {
  const words = readWords(process.argv.slice(2), USAGE)
  if (words.help) {
    console.log(USAGE)
    return 0
  }
  const scope = scopeOf(words.what)
  const { invoke, close } = invoker(words, warn)
  try {
    const { report, drift } = (await invoke('resync', { ...scope, dryRun: words.dryRun })) as Report
    for (const line of report) console.log(line)
    if (drift.length === 0) return 2
    return drift.some(({ verdict }) => verdict === 'cannot mend') ? 1 : 0
  } finally {
    close()
  }
})
