// A site is taken off a real host: the other site never fails a GET. What was taken over comes back in adopt.test.ts.
import type { Host } from '../../../local/machine/nspawn/machine.ts'
import { removeSiteDocument } from '../../../resources/documents.ts'
import { openRoom } from '../machine/bench.ts'
import {
  ask,
  askOften,
  configure,
  containers,
  documentOf,
  killing,
  mendReload,
  NAME,
  NO_SITE,
  remove,
  SERVED,
  sh,
  slowReload,
  type Values,
} from './bench.ts'
import { openRole, type Role } from './role.ts'

let room: Awaited<ReturnType<typeof openRoom>>
let host: Host

const OTHER = { Hostname: 'two.example.com', HostPort: '8502' }
beforeAll(async () => {
  room = await openRoom()
  host = await room.machine('i-remove', { privateIp: '172.31.4.8' })
  await host.boot()
})
afterAll(() => room?.close())

describe('one of two sites', () => {
  beforeAll(async () => {
    expect((await configure(host, OTHER)).results.done).toBe('changed')
  })
  beforeEach(async () => {
    expect((await configure(host)).results.done).toBe('changed')
  })
  const STAYS = async (): Promise<void> => {
    expect(await containers(host)).toEqual(['ragstream-edge-two.example.com runs'])
    expect(await sh(host, 'ls /var/lib/ragstream-edge /etc/nginx/conf.d')).toBe(
      '/etc/nginx/conf.d:\nragstream-edge-two.example.com.conf\nragstream-edge.conf\nragstream-edge.limits.conf\n\n/var/lib/ragstream-edge:\ndefault\npulled\ntwo.example.com\n',
    )
    expect(await ask(host, OTHER.Hostname)).toBe(SERVED)
    expect(await ask(host, NAME)).toBe(NO_SITE)
  }

  test('the other one does not fail a single GET', async () => {
    // Ends by itself, so that nothing is left running on the host: each line is a status.
    const [seenSoFar, stop] = ['/run/seen', '/run/visited']
    await sh(host, `rm -f ${seenSoFar} ${stop}`)
    const visits = sh(
      host,
      `until [ -e ${stop} ]; do curl -s -m 60 -o /dev/null -w '%{http_code}\\n' -H 'Connection: close' -H 'Host: ${OTHER.Hostname}' http://127.0.0.1/_stcore/health; done >${seenSoFar}; cat ${seenSoFar}`,
    )
    const before = await sh(host, `until [ "$(wc -l <${seenSoFar})" -gt 10 ]; do sleep 0.02; done; wc -l <${seenSoFar}`)
    const run = await remove(host)
    await sh(host, `touch ${stop}`)
    const seen = (await visits).trimEnd().split('\n')
    expect(run.results).toMatchObject({
      nginx: 'changed',
      container: 'changed',
      metadata: 'unchanged',
      done: 'changed',
    })
    expect(seen.length).toBeGreaterThan(Number(before))
    expect(new Set(seen)).toEqual(new Set(['200']))
    await STAYS()
  })

  test.each(['docker rm --force', 'systemctl reload'])('killed at its %s, the next run mends it', async (act) => {
    const [program, ...words] = act.split(' ')
    await sh(
      host,
      `cat >/usr/local/bin/${program}; chmod 755 /usr/local/bin/${program}`,
      // Its parent may be `timeout`: the run itself leads the session.
      `#!/bin/sh\ncase "$*" in "${words.join(' ')} "*) kill -KILL $(cut -d ' ' -f 6 /proc/$$/stat) ;; esac\nexec /usr/bin/${program} "$@"\n`,
    )
    const killed = await remove(host)
    await sh(host, `rm /usr/local/bin/${program}`)
    expect(killed.exitCode).not.toBe(0)
    expect(killed.results.done).toBeUndefined()
    expect(await ask(host, OTHER.Hostname)).toBe(SERVED)
    expect((await remove(host)).last).toBe('step=done result=changed')
    await STAYS()
  })

  describe('while a reload takes its time', () => {
    beforeEach(() => slowReload(host))
    afterEach(() => mendReload(host))

    test('done is said when no worker serves it any more', async () => {
      expect((await remove(host)).last).toBe('step=done result=changed')
      expect(await askOften(host, NAME)).toBe(NO_SITE)
      await STAYS()
    })

    test('killed right after the reload: the next run does not take the answer of one worker for all', async () => {
      const killed = await host.exec([
        'bash',
        '-c',
        killing('await "$((SWITCH_WAIT * 1000))" 0.1 is_gone') + documentOf({}, removeSiteDocument()),
      ])
      expect(killed.exitCode).toBe(null)
      expect((await remove(host)).last).toBe('step=done result=changed')
      expect(await askOften(host, NAME)).toBe(NO_SITE)
      await STAYS()
    })
  })

  describe('with HTTPS and visitors that need a password', () => {
    const [TLS, VISITORS] = [`/var/lib/ragstream-edge/${NAME}/tls`, '/etc/nginx/ragstream-edge']
    let role: Role
    beforeAll(async () => {
      role = await openRole(room.cloudAddress)
      await role.give(host)
      role.put('/ragstream/visitors', `ali:${(await sh(host, 'openssl passwd -apr1 secret')).trim()}\n`)
    })
    afterAll(() => role?.close())

    const secured = (values: Values) =>
      configure(host, { TlsPath: role.store(role.authority.issue([values.Hostname ?? NAME])), ...values }, role.env)
    const handshake = (name: string) =>
      sh(
        host,
        `curl -sk -m 60 -o /dev/null --resolve ${name}:443:127.0.0.1 -w '%{http_code}' https://${name}/; echo " $?"`,
      )

    test('key and passwords go with it; port 443 refuses every handshake, and closes with the next run of another site', async () => {
      expect((await secured({ PasswordsPath: '/ragstream/visitors' })).results.done).toBe('changed')
      expect(await handshake(NAME)).toBe('401 0\n')
      expect(await sh(host, `ls ${VISITORS} | wc -l; ls ${TLS} | wc -l`)).toBe('1\n1\n')
      const run = await remove(host)
      expect(run.stderr).toBe('')
      expect(run.last).toBe('step=done result=changed')
      await STAYS()
      expect(await sh(host, `ls -d ${VISITORS} ${TLS} 2>/dev/null; grep -rl ${NAME} /etc/nginx`)).toBe('')
      expect(await handshake(NAME)).toBe('000 35\n')
      expect((await configure(host, OTHER)).results).toMatchObject({ default: 'changed', done: 'changed' })
      expect(await handshake(NAME)).toBe('000 7\n')
    })

    test('the other one keeps its HTTPS and its visitors, and an unknown name gets no handshake', async () => {
      await secured({ PasswordsPath: '/ragstream/visitors' })
      await secured({ ...OTHER, PasswordsPath: '/ragstream/visitors' })
      expect((await remove(host)).last).toBe('step=done result=changed')
      expect(await handshake(OTHER.Hostname)).toBe('401 0\n')
      expect(await handshake(NAME)).toBe('000 35\n')
      expect(await sh(host, `ls ${VISITORS}`)).toMatch(/^two\.example\.com\.[0-9a-f]{16}\.users\n$/)
      expect((await configure(host, OTHER)).results.done).toBe('changed')
    })
  })
})
