// npm run diagnose -- <site>: one sentence on why a site is not up, the hops with the broken one marked, and what to do.
import type { Diagnosis } from '../functions/lib/domain/diagnosis.ts'
import { diagnosisScreen, exitCode } from './diagnosis.ts'
import { invoker } from './invoke.ts'
import { command, readWords, warn } from './words.ts'

const USAGE = `npm run diagnose -- [<site>] [options]
  <site>       the hostname; may be left out where one site is declared
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
    for (const line of diagnosisScreen(diagnosis, { colour: isTTY === true, columns: columns ?? 100 }))
      console.log(line)
    return exitCode(diagnosis)
  } finally {
    close()
  }
})
