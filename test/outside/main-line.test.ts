// The main line as an emulator by other people judges it: deploy, roll-out, stop, start, repair, another image, a failure, another document,
// the same again, removal. The deployer has docs/deploy-role.json and nothing else, each function its role; no packet leaves.
import { IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { LONG } from '../support/long-tests.ts'
import { ask, questions } from './emulator/questions.ts'
import { openStage, SITE } from './emulator/stage.ts'
import { addressesOf, commandsOf, deadLetters, mailbox, story, until } from './emulator/watch.ts'

const stage = await openStage()
const { emulator, project, deployer, host } = stage
afterAll(() => stage.close())

// Each step stands on the one before: after a failure nothing is waited for.
let failed = false
const step = (name: string, act: () => Promise<void>) =>
  test(name, async () => {
    if (failed) throw new Error('a step before this one failed')
    failed = true
    await act()
    failed = false
  })

step('it deploys; a site is declared after all that hears of it', async () => {
  const lines = (await project.sls(deployer, 'deploy', '--verbose')).split('\n')
  const at = (pattern: RegExp) => lines.flatMap((line, index) => (pattern.test(line) ? [index] : []))
  const heard = at(/_COMPLETE - AWS::(Events::Rule|SQS::QueuePolicy|Lambda::EventSourceMapping) - /)
  expect(heard).toHaveLength(8 + 8 + 4)
  expect(at(/_IN_PROGRESS - AWS::SSM::Parameter - /)[0]).toBeGreaterThan(Math.max(...heard))
})

step('that is the first roll-out', async () => {
  await stage.live(1)
  expect(stage.images()).toEqual(['ragstream:1.4.0'])
})

step('a stop parks the name', async () => {
  await stage.stop()
  await stage.parked()
})

step('a start leads it to another address, and the host gets its command', async () => {
  const before = await commandsOf(emulator, host)
  await stage.start()
  await stage.live(2)
  expect(await commandsOf(emulator, host)).toHaveLength(before.length + 1)
})

step('what somebody wrote into the zone is mended by a resync, and reported', async () => {
  const addresses = await addressesOf(emulator, SITE)
  // A look that an event asked for may put it right first: then there is nothing left to report.
  let report = ''
  for (let tries = 0; tries < 5 && !report.includes('replace A'); tries++) {
    await stage.writeRecord('198.51.100.7')
    report = await stage.resync()
  }
  expect(report).toContain(`replace A ${SITE}: 198.51.100.7`)
  expect(await addressesOf(emulator, SITE)).toEqual(addresses)
})

step('another image reaches the host', async () => {
  await stage.choose('ragstream:1.4.1')
  await stage.live(3)
  expect(stage.images()).toEqual(['ragstream:1.4.1'])
})

step('a command that fails is one notice, its end is another', async () => {
  const { subjects } = await mailbox(emulator)
  const free = stage.occupyName()
  await stage.choose('ragstream:1.4.2')
  await until(
    'a notice',
    async () => (await subjects()).length > 0,
    () => story(emulator),
  )
  expect(stage.images()).toEqual(['ragstream:1.4.1'])
  free()
  await stage.choose('ragstream:1.4.3')
  await stage.live(4)
  await until(
    'its end',
    async () => (await subjects()).length > 1,
    () => story(emulator),
  )
  const failed = `${SITE}: ${host} could not be configured`
  expect(await subjects()).toEqual([`ragstream-edge: ${failed}`, `ragstream-edge: over: ${failed}`])
})

step('a changed document is a new one; the old one goes when the functions know the new one', async () => {
  const [before] = await commandsOf(emulator, host)
  const asked = emulator.decisions().length
  // No function's code changes: from here on each deploy has the bundles of the first one. With LONG=true each deploy bundles again.
  if (!LONG) project.edit('serverless.yml', '  esbuild:\n', '  esbuild:\n    skipBuild: true\n')
  project.edit('resources/documents.ts', 'Makes one site live on this host', 'Makes one site live here')
  await project.sls(deployer, 'deploy')
  await stage.resync()
  const [last] = await until('a command of another document', async () => {
    const commands = await commandsOf(emulator, host)
    return commands[0]?.DocumentName !== before?.DocumentName && commands
  })
  const acts = emulator.decisions().slice(asked)
  const at = (action: string, end: string) =>
    acts.findIndex((one) => one.action === action && one.resource.endsWith(end))
  const order = [
    at('ssm:CreateDocument', `/${last!.DocumentName}`),
    at('lambda:UpdateFunctionConfiguration', ':ragstream-edge-prod-host-config'),
    at('ssm:DeleteDocument', `/${before!.DocumentName}`),
  ]
  expect(order).not.toContain(-1)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

step('a deploy of the same changes nothing', async () => {
  expect(await project.sls(deployer, 'deploy')).toContain('No changes to deploy')
})

step('nothing was denied, nothing is a dead letter', async () => {
  expect(stage.refused()).toEqual([])
  expect(Object.values(await deadLetters(emulator))).toEqual(['0', '0', '0', '0'])
})

step('what no role is for is denied', async () => {
  const answers = await Promise.all((await questions(stage)).map((question) => ask(emulator, question)))
  expect(answers.filter(({ answer }) => answer !== 'denied')).toEqual([])
  expect(answers.length).toBeGreaterThanOrEqual(30)
})

step('the deployer is told what there is, and removes it', async () => {
  // Functions that still run have no role any more.
  const refused = () => stage.refused().filter(({ principal }) => principal.includes('deployer')).length
  const before = refused()
  // Those that it was told a step before.
  expect(before).toBeGreaterThan(0)
  expect(await project.sls(deployer, 'info')).toContain('ragstream-edge-prod-dns-sync')
  await project.sls(deployer, 'remove')
  const { Functions } = await new LambdaClient(emulator.client).send(new ListFunctionsCommand())
  const { Roles = [] } = await new IAMClient(emulator.client).send(new ListRolesCommand())
  expect({ Functions, roles: Roles.map(({ RoleName }) => RoleName) }).toEqual({
    Functions: [],
    roles: ['ragstream-host', 'deployer'],
  })
  expect(refused()).toBe(before)
})

step('no packet would have left; one that tries is counted', async () => {
  expect(await emulator.left()).toEqual({ packets: 0, aims: [] })
  await emulator.run(['sh', '-c', 'exec 3<>/dev/udp/10.1.1.1/53; echo >&3'], {}).catch(() => {})
  await emulator.run(['bash', '-c', 'echo >/dev/udp/10.1.1.1/53'], {}).catch(() => {})
  expect((await emulator.left()).packets).toBeGreaterThan(0)
})
