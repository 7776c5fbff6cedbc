// The life of a site as its owner lives it: what happens to instances and image, and what a visitor then finds by itself.

import { setTimeout as pause } from 'node:timers/promises'
import { imageName } from '../../local/machine/prepare/app-image.ts'
import { askNameServer, served, startInstance, stopInstance, until, untilLive } from '../../local/scenario.ts'
import type { Command } from '../../local/world/types.ts'
import { pictureTest } from '../support/failure.ts'
import { LONG } from '../support/long-tests.ts'
import { type RealCloud, realCloud } from '../support/real.ts'
import { EDGE, typed } from '../support/start.ts'

const PATIENCE = 300
const PARKED = '192.0.2.1'
const STRANGERS_PAGE = 'Welcome to nginx!'
// A released address goes to the end of the pool: with five of them it is soon somebody else's.
const [A, B, C, D, E] = ['203.0.113.10', '203.0.113.11', '203.0.113.12', '203.0.113.13', '203.0.113.14'] as const

let cloud: RealCloud
beforeAll(async () => {
  // A roll-out that has failed is not tried again while somebody looks.
  cloud = await realCloud({ publicPool: [A, B, C, D, E], environment: { RETRY_AFTER: '600,600' } })
}, 600_000)
afterAll(() => cloud?.close())

const recordIs = (...addresses: string[]) =>
  until(cloud, `the record holds ${addresses.join(', ')}`, PATIENCE, (world) =>
    served(world, cloud.site)?.toSorted().join() === addresses.join() ? true : undefined,
  )

/** Somebody whose resolver has not been asked yet opens the page: it is the app, at one of these addresses and no other. */
async function expectPageAt(...addresses: string[]): Promise<void> {
  expect((await askNameServer(cloud, cloud.site.hostname)).sort()).toEqual(addresses)
  await cloud.room.emptyResolverCache()
  const visit = await cloud.visitor.visit(`http://${cloud.site.hostname}/`, { timeoutMs: 60_000 })
  expect(visit).toMatchObject({ rendered: true, title: 'RAGstream', webSocket: { open: true } })
  expect(addresses).toContain(visit.server?.address)
}

/** What this one host answers for the site's name, whatever the record says. */
const healthAt = (address: string) => cloud.ask(undefined, '--resolve', `${cloud.site.hostname}:80:${address}`)

const commands = (): Command[] => [...cloud.world.state.commands.values()]

const bootOf = async (id: string) => (await cloud.machine(id).exec(['cat', '/proc/sys/kernel/random/boot_id'])).stdout

async function untilHealthyAt(address: string): Promise<void> {
  const limit = Date.now() + PATIENCE * 1000
  for (let answer = await healthAt(address); answer !== 'ok'; answer = await healthAt(address)) {
    if (Date.now() > limit) throw new Error(`${address}: found ${answer}, wanted ok`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}

pictureTest(
  'the life of a site',
  () => cloud,
  async () => {
    const { world, site, visitor } = cloud
    let id = ''
    let second = ''
    let joined: Promise<unknown> = Promise.resolve()

    await step('launch: live', async () => {
      id = cloud.launch()
      expect(await untilLive(cloud, site, id, PATIENCE)).toMatchObject({ address: A })
      await expectPageAt(A)
    })

    await step('stop: parked, and the old address answers nothing', async () => {
      expect(await stopInstance(cloud, site, id, PATIENCE)).toEqual([PARKED])
      expect(await askNameServer(cloud, site.hostname)).toEqual([PARKED])
      expect(await healthAt(A)).toBeUndefined()
    })

    await step('start elsewhere: live, and the document finds nothing to do', async () => {
      const { address, command } = await startInstance(cloud, site, id, PATIENCE)
      expect(address).toBe(B)
      const { stdout } = command.invocations.get(id)!
      expect(stdout).toContain('step=done result=unchanged')
      expect(stdout).not.toContain('result=changed')
      await expectPageAt(B)
    })

    await step('the old address goes to a stranger: the name does not lead there', async () => {
      const sent = commands().length
      second = cloud.launch() // Takes C; D and E, then A, are for strangers.
      const strangers = [cloud.launchStranger(), cloud.launchStranger(), cloud.launchStranger()]
      joined = untilLive(cloud, site, second, PATIENCE)
      joined.catch(() => {})
      const last = strangers[2]!
      await until(
        cloud,
        'the stranger runs',
        PATIENCE,
        ({ instances }) => instances.get(last)?.state === 'running' || undefined,
      )
      expect(world.state.instances.get(last)?.publicIp).toBe(A)
      await cloud.hosts.settled()
      expect(await cloud.ask(`http://${A}/`)).toContain(STRANGERS_PAGE)
      expect(await askNameServer(cloud, site.hostname)).not.toContain(A)
      expect(await healthAt(A)).not.toBe('ok')
      const told = commands()
        .slice(sent)
        .flatMap(({ invocations }) => [...invocations.keys()])
      expect(told.filter((one) => strangers.includes(one))).toEqual([])
      world.dispatch({ type: 'TerminateInstances', ids: strangers.slice(0, 2) })
    })

    await step('a second instance joins: the name leads to both', async () => {
      await joined
      await recordIs(B, C)
      expect(await Promise.all([B, C].map(healthAt))).toEqual(['ok', 'ok'])
      await expectPageAt(B, C)
    })

    await step(
      'another image is rolled out: an open page connects again, its next question is for the new version',
      async () => {
        const visit = await visitor.visit(`http://${site.hostname}/`, {
          timeoutMs: 60_000,
          use: async (page) => {
            await page.getByText('version 1.4.0').waitFor()
            const again = page.waitForEvent('websocket', { timeout: PATIENCE * 1000 })
            const { answers, value: roll } = await underLoad(() => edge('rollout', site.hostname, imageName('1.5.0')))
            expect(roll).toMatchObject({ code: 0, stderr: '' })
            expect(roll.stdout).toMatch(/container: changed[\s\S]* is live: /)
            expect([...new Set(answers)]).toEqual(['ok'])
            await again
            // Nobody loads the page again. A page at rest shows what it had; Streamlit runs the script at the next act.
            await page.getByLabel('Question').fill('still there?')
            await page.keyboard.press('Enter')
            await page.getByText('You asked: still there?').waitFor({ timeout: 60_000 })
            await page.getByText('version 1.5.0').waitFor({ timeout: 60_000 })
          },
        })
        expect(visit).toMatchObject({ rendered: true, webSocket: { open: true } })
        await expectPageAt(B, C)
      },
    )

    await step('a roll-out that fails: nobody notices, it says why, and a rollback goes to what served', async () => {
      const { answers, value: broken } = await underLoad(() => edge('rollout', site.hostname, imageName('broken')))
      expect(broken.code).toBe(1)
      expect(broken.stdout).toMatch(/\| this version does not start\n[\s\S]*failed on i-\w+: [\s\S]*now: \S+ is live: /)
      expect(await runs(id)).toBe(imageName('1.5.0'))
      expect([...new Set(answers)]).toEqual(['ok'])
      const back = await edge('rollback')
      expect(back).toMatchObject({ code: 0, stderr: '' })
      expect(back.stdout).toContain(`${imageName('broken')} -> ${imageName('1.5.0')}`)
      await expectPageAt(B, C)
    })

    if (LONG)
      await step(
        'an agent is cut while it rolls an older image out, and begins that again beside the newer one: the newer one stays',
        async () => {
          const sent = commands().length
          const reaches = (host: string, tag: '1.4.0' | '1.5.0', status: string) =>
            until(
              cloud,
              `${tag} is ${status} on ${host}`,
              PATIENCE,
              () => since(sent, host, tag) === status || undefined,
            )
          cloud.publishImage('1.4.0')
          await reaches(id, '1.4.0', 'InProgress')
          await cloud.hosts.stopAgent(id)
          cloud.publishImage('1.5.0')
          await reaches(id, '1.5.0', 'Pending')
          await cloud.hosts.startAgent(id)
          for (const tag of ['1.4.0', '1.5.0'] as const) await reaches(id, tag, 'Success')
          const running = await cloud.machine(id).exec(['docker', 'ps', '--format', '{{.Image}}'])
          expect(running.stdout.split('\n')).toContain(imageName('1.5.0'))
          expect(running.stdout.split('\n')).not.toContain(imageName('1.4.0'))
          expect(await healthAt(B)).toBe('ok')
          await reaches(second, '1.5.0', 'Success')
        },
      )

    await step('reboot: the same address, and everything comes back without a command', async () => {
      // What follows from the step before may still look at the site, and ask a host.
      await cloud.stack.idle({ retries: true })
      const [before, sent] = [await bootOf(id), commands().length]
      world.dispatch({ type: 'RebootInstances', ids: [id] })
      await cloud.hosts.settled()
      await untilHealthyAt(B)
      expect(await bootOf(id)).not.toBe(before)
      expect(commands()).toHaveLength(sent)
      await expectPageAt(B, C)
    })

    await step('replaced: terminated, and a new one with the same tag takes its place', async () => {
      world.dispatch({ type: 'TerminateInstances', ids: [id] })
      await recordIs(C)
      await expectPageAt(C)
      const fresh = cloud.launch()
      expect(await untilLive(cloud, site, fresh, PATIENCE)).toMatchObject({ address: D })
      expect(await healthAt(B)).toBeUndefined()
      await recordIs(C, D)
      expect(await healthAt(D)).toBe('ok')
      await expectPageAt(C, D)
    })

    expect(cloud.happened.filter(({ kind }) => kind === 'problem')).toEqual([])
  },
  1_800_000,
)

/** The status of the newest command with this image that a host got after so many others. */
const since = (sent: number, id: string, tag: '1.4.0' | '1.5.0') =>
  commands()
    .slice(sent)
    .findLast(({ parameters, invocations }) => parameters.Image?.[0] === imageName(tag) && invocations.has(id))
    ?.invocations.get(id)?.status

const runs = async (id: string) =>
  (await cloud.machine(id).exec(['docker', 'ps', '--format', '{{.Image}}'])).stdout.trim()

/** As the maintainer types it, in another terminal. */
const edge = (...words: string[]) =>
  typed(
    {
      env: {
        ...{ AWS_ENDPOINT_URL: cloud.wire.url, AWS_REGION: cloud.world.state.region },
        ...{ AWS_ACCESS_KEY_ID: 'local-admin', AWS_SECRET_ACCESS_KEY: cloud.wire.secretOf('local-admin') },
      },
    },
    EDGE,
    ...words,
  )

/** What a visitor is answered who asks again and again meanwhile. */
async function underLoad<T>(work: () => Promise<T>): Promise<{ readonly answers: unknown[]; readonly value: T }> {
  const answers: unknown[] = []
  let isOver = false
  const asking = (async () => {
    while (!isOver) {
      answers.push(await cloud.ask())
      await pause(50)
    }
  })()
  const value = await work().finally(() => {
    isOver = true
  })
  await asking
  // As often as this machine is quick; that it was not over at once is what counts.
  expect(answers.length).toBeGreaterThan(5)
  console.log(`${answers.length} requests meanwhile, ${answers.filter((answer) => answer !== 'ok').length} failed`)
  return { answers, value }
}

/** Says which part of the life went wrong. */
async function step(name: string, live: () => Promise<void>): Promise<void> {
  try {
    await live()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
