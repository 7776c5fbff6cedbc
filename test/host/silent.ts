// A script of the app that is silent for 90 s, on a WebSocket on which nobody pings: node test/host/silent.ts. nginx would cut it after
// 60 s; the site's readTimeout lets it live. Ends with 1 where the page does not get its answer.
import { visitor } from '../../local/machine/nspawn/browser.ts'
import { base64, configure, NAME, sh } from './document/bench.ts'
import { HTTP_FOR_ALL, nameServer, openRoom } from './machine/bench.ts'

const [PUBLIC, PRIVATE, SECONDS] = ['203.0.113.42', '172.31.4.7', 90]
const APP = `import time
import streamlit as st
st.title("Silent")
if st.button("Think"):
    time.sleep(${SECONDS})
    st.write("That took a while.")
`

const room = await openRoom()
const names = await nameServer(room.cloudAddress, NAME, 60)
try {
  names.set(PUBLIC)
  const host = await room.machine('i-silent', { privateIp: PRIVATE })
  await host.boot()
  await room.associate(PUBLIC, PRIVATE)
  await room.setInbound(PRIVATE, HTTP_FOR_ALL)
  await sh(host, 'mkdir -p /srv/app; cat >/srv/app/app.py', APP)
  const Env = base64('STREAMLIT_SERVER_WEBSOCKET_PING_INTERVAL=600\n')
  const run = await configure(host, { Volumes: base64('/srv/app:/app:ro\n'), Rollout: 'replace', Env })
  if (run.exitCode !== 0) throw new Error(run.last)
  const browser = await visitor(room)
  const visit = await browser.visit(`http://${NAME}/`, {
    timeoutMs: 60_000,
    use: async (page) => {
      let cuts = 0
      page.on('websocket', () => cuts++)
      await page.getByRole('button', { name: 'Think' }).click()
      await page.getByText('That took a while.').waitFor({ timeout: (SECONDS + 60) * 1000 })
      if (cuts > 0) throw new Error(`the WebSocket was opened again ${cuts} times, wanted none`)
    },
  })
  await browser.close()
  console.log(
    `ok: silent for ${SECONDS} s, WebSocket open: ${visit.webSocket?.open}, frames received: ${visit.webSocket?.framesReceived}`,
  )
} catch (error) {
  console.log(`failed: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  names.close()
  await room.close()
}
