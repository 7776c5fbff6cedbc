// npm run down -- <site>: stops the site's instance and follows it until its name leads elsewhere.
import { openAccount } from './account.ts'
import { follow } from './follow.ts'
import { Refused } from './invoke.ts'
import { command, readWords, warn } from './words.ts'

const USAGE = `npm run down -- <site> [options]
  --local      the local cloud of npm start -- --keep, instead of AWS
  --stage      prod is the default; --region: AWS_REGION, else eu-central-1
It stops the instance, looks every two seconds, and ends when it is stopped and the record no longer names its address.`

/** Minutes. */
const LONG = 10

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
    const { address = 'none' } = await account.look(host)
    await account.stop(host.instanceId)
    await follow(
      account,
      host,
      'asleep',
      ({ state, record }) => state === 'stopped' && !record.split(', ').includes(address),
      LONG,
    )
    return 0
  } finally {
    account.close()
  }
})
