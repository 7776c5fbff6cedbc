// A document that an agent begins once more, after a newer one was applied, or that comes to the lock before an older one: the host goes by when it was sent.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Inspection } from '../../functions/lib/hosts/inspection.ts'
import { CONTAINER, copyForEach, NAME, type Values } from './host.ts'

const on = copyForEach()

const STATE = `var/lib/ragstream-edge/${NAME}`
const OLD: Values = { SentAt: '1795420800000', Image: 'ragstream:1.4.0', SiteHash: 'aaaaaaaaaaaa' }
const NEW: Values = { SentAt: '1795420860000', Image: 'ragstream:1.5.0', SiteHash: 'bbbbbbbbbbbb' }
const image = () => on.host.state().containers.find(({ name }) => name === CONTAINER)?.image
const inspected = async (): Promise<Inspection> => JSON.parse((await on.host.inspect()).stdout)

test('the newer one is applied, the older one comes again: superseded, and nothing is as little as touched', async () => {
  await on.host.configure(OLD)
  await on.host.configure(NEW)
  const last = on.host.file(`${STATE}/last`)
  on.host.calls()
  const run = await on.host.configure(OLD)
  expect(run).toMatchObject({ exitCode: 0, last: 'step=done result=superseded site=aaaaaaaaaaaa newest=1795420860000' })
  expect(on.host.calls().filter((call) => /^(docker|nginx|systemctl|apt)/.test(call))).toEqual([])
  expect([image(), on.host.file(`${STATE}/applied`), on.host.file(`${STATE}/last`)]).toEqual([
    ...['ragstream:1.5.0', 'bbbbbbbbbbbb\n', last],
  ])
})

test('the newer one fails: the older one, which worked, may come back', async () => {
  on.host.change((state) => ({ ...state, unpullable: ['nobody:9'] }))
  expect((await on.host.configure({ ...NEW, Image: 'nobody:9' })).exitCode).toBe(1)
  expect((await on.host.configure(OLD)).results.done).not.toBe('superseded')
  expect([image(), on.host.file(`${STATE}/applied`)]).toEqual(['ragstream:1.4.0', 'aaaaaaaaaaaa\n'])
})

test('the same again, and by hand: neither is older', async () => {
  await on.host.configure(NEW)
  expect((await on.host.configure(NEW)).results.done).toBe('unchanged')
  const byHand = await on.host.configureDirectly({ ...OLD, SentAt: '0' })
  expect([byHand.results.done, image()]).toEqual(['changed', 'ragstream:1.4.0'])
  expect((await on.host.configure(OLD)).results.done).toBe('superseded')
})

test('a note that does not read is none', async () => {
  await on.host.configure(NEW)
  on.host.write(`${STATE}/sent`, 'half a li')
  expect((await on.host.configure(OLD)).results.done).toBe('changed')
})

describe('an inspection sees', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  /** Says when it begins and when it has the lock, and keeps it until its input ends. */
  async function take(says: string): Promise<ChildProcess> {
    const lock = path.join(on.host.root, 'run/ragstream-edge.lock')
    const child = spawn('bash', ['-c', 'exec 9>>"$0"; echo begins; flock 9; echo holds; read -r', lock])
    children.push(child)
    for await (const text of child.stdout) if (String(text).includes(says)) break
    return child
  }
  const locked = async () => (await inspected()).locked

  test('that nobody holds the lock', async () => {
    await on.host.configure(OLD)
    expect(await locked()).toBe(false)
  })

  test('that a run holds it', async () => {
    await on.host.configure(OLD)
    const holder = await take('holds')
    expect(await locked()).toBe(true)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(await locked()).toBe(false)
  })
})
