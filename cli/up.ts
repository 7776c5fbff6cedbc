// npm run up -- <site>: starts the site's instance and follows it until it is said to be live.
import { openAccount } from './account.ts'
import { follow } from './follow.ts'
import { Refused } from './invoke.ts'
import { command, readWords, warn } from './words.ts'

const USAGE = `npm run up -- <site> [options]
  --local      the local cloud of npm start -- --keep, instead of AWS
  --stage      prod is the default; --region: AWS_REGION, else eu-central-1
It starts the instance, looks every two seconds, and ends when outcome has said that this start is live.`

/** Minutes: an agent may need 15 to register. */
const LONG = 20

await command(async () => {
  const words = readWords(process.argv.slice(2), USAGE)
  if (words.help || !words.what) {
    if (!words.help) throw new Refused(`found no site\n${USAGE}`)
    console.log(USAGE)
    return 0
  }
  const account = openAccount(words, warn)
  try {
    const host = await account.find(words.what)
    await account.start(host.instanceId)
    await follow(account, host, 'live', ({ live }) => live, LONG)
    return 0
  } finally {
    account.close()
  }
})
