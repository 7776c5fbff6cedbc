// One cold start: imports a handler, sends it an event when there is one, and says what that took. Nothing else is loaded before.
const [file, event] = process.argv.slice(2)

const started = performance.now()
const before = process.cpuUsage()
const loaded = await import(file)
const { user, system } = process.cpuUsage(before)
const imported = performance.now()
const handler = loaded.handler ?? loaded.default.handler
if (event) await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000, functionName: 'cold' })
const answered = performance.now()

const sample = {
  importMs: imported - started,
  importCpuMs: (user + system) / 1000,
  firstEventMs: event ? answered - imported : undefined,
  // Kilobytes.
  peakMb: process.resourceUsage().maxRSS / 1024,
}
// The logger may still hold lines: the sample is the last one.
process.stdout.write(`\n${JSON.stringify(sample)}\n`, () => process.exit())
