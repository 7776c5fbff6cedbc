// npm run diagnose -- <site>: one sentence on why a site is not up, the hops with the broken one marked, and what to do.
import { type Diagnosis, diagnosisScreen, exitCode } from './diagnosis.ts'
import { invoker } from './invoke.ts'
import { command, readWords, warn } from './words.ts'

const USAGE = `npm run diagnose -- [<site>] [options]
  <site>       the hostname; may be left out where one site is declared
  --evidence   also a table of every hop, with the time that its probes took
  --local      the local cloud of npm start -- --keep, instead of AWS
  --stage      prod is the default; --region: AWS_REGION, else eu-central-1
exit code 0: live or asleep, 1: broken or not known, 2: wrong words`

await command(async () => {
  const words = readWords(process.argv.slice(2), USAGE)
  if (words.help) {
    console.log(USAGE)
    return 0
  }
  const { invoke, close } = invoker(words, warn)
  try {
    const diagnosis = (await invoke('diagnose', words.what ? { site: words.what } : {})) as Diagnosis
    const { isTTY, columns } = process.stdout
    const paper = { colour: isTTY === true, columns: columns ?? 100, evidence: words.evidence }
    for (const line of diagnosisScreen(diagnosis, paper)) console.log(line)
    return exitCode(diagnosis)
  } finally {
    close()
  }
})
