// One cold start: imports a handler, sends it an event, and the same once more, and says what that took. Nothing else is loaded before.
const [file, event] = process.argv.slice(2)

const milliseconds = ({ user, system }) => (user + system) / 1000

const started = performance.now()
const before = process.cpuUsage()
const loaded = await import(file)
const imported = performance.now()
const importCpuMs = milliseconds(process.cpuUsage(before))
const handler = loaded.handler ?? loaded.default.handler
await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000, functionName: 'cold' })
const answered = performance.now()
const firstEventCpuMs = milliseconds(process.cpuUsage(before)) - importCpuMs
await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000, functionName: 'cold' })
const warmMs = performance.now() - answered

const { readFileSync } = process.getBuiltinModule('node:fs')
const sample = {
  importMs: imported - started,
  importCpuMs,
  firstEventMs: answered - imported,
  firstEventCpuMs,
  warmMs,
  // Not the resource usage: that counts what the process was before it became this program.
  peakMb: Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024,
}
// The logger may still hold lines: the sample is the last one.
process.stdout.write(`\n${JSON.stringify(sample)}\n`, () => process.exit())
