// npm run resync -- <site>: looks at records and hosts, mends what no event told, and says so.
import { aimAt, invoke, Refused } from './invoke.ts'
import { command, TARGET, warn } from './words.ts'

const USAGE = `npm run resync -- <site>|<instance>|all [options]
  --dry-run    say what would be mended, change nothing
${TARGET}
exit code 0: in sync or mended, 1: something cannot be mended, 2: wrong words, or nothing of that name`

interface Report {
  readonly report: readonly string[]
  readonly drift: readonly { readonly verdict: string }[]
}

function scopeOf(what: string | undefined): object {
  if (what === undefined) throw new Refused(`found nothing to look at, wanted a site, an instance or all\n${USAGE}`)
  if (what === 'all') return { all: true }
  return /^i-[0-9a-f]+$/.test(what) ? { instance: what } : { site: what }
}

await command(USAGE, async (words) => {
  const scope = scopeOf(words.what)
  const stage = aimAt(words, warn)
  const { report, drift } = (await invoke(stage, 'resync', { ...scope, dryRun: words.dryRun })) as Report
  for (const line of report) console.log(line)
  if (drift.length === 0) return 2
  return drift.some(({ verdict }) => verdict === 'cannot mend') ? 1 : 0
})
