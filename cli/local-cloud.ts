// How a client reaches the local cloud that runs on this machine.
import { Refused } from './refused.ts'
import { findRunning } from './running.ts'

/** @throws Refused when none runs */
export function localCloud(warn: (text: string) => void) {
  const { running, stale } = findRunning()
  for (const pid of stale) warn(`a local cloud (process ${pid}) has ended without a word: forgotten`)
  const [cloud, ...others] = running
  if (!cloud) throw new Refused('no local cloud runs on this machine: start one with npm start -- --keep')
  if (others.length > 0)
    warn(`${running.length} local clouds run: asking that of process ${cloud.pid}, the last started`)
  const credentials = { accessKeyId: 'local-admin', secretAccessKey: 'local' }
  return { endpoint: cloud.endpoint, region: cloud.region, stage: cloud.stage, credentials }
}
