// npm run diagnose -- <site>: one sentence on why a site is not up, the hops with the broken one marked, and what to do.
import { type Diagnosis, diagnosisScreen, exitCode } from './diagnosis.ts'
import { aimAt, invoke } from './invoke.ts'
import { command, TARGET, warn } from './words.ts'

const USAGE = `npm run diagnose -- [<site>] [options]
  <site>       the hostname; may be left out where one site is declared
  --evidence   also a table of every hop, with the time that its probes took
${TARGET}
exit code 0: live or asleep, 1: broken or not known, 2: wrong words`

await command(USAGE, async (words) => {
  const stage = aimAt(words, warn)
  const diagnosis = (await invoke(stage, 'diagnose', words.what ? { site: words.what } : {})) as Diagnosis
  const { isTTY, columns } = process.stdout
  const paper = { colour: isTTY === true, columns: columns ?? 100, evidence: words.evidence }
  for (const line of diagnosisScreen(diagnosis, paper)) console.log(line)
  return exitCode(diagnosis)
})
