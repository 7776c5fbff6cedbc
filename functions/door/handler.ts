// door: a page that says what a site is doing, starts it when asked, and leads there. Behind an HTTP API of its own.
import { type Answer, createDoor, type DoorFunction } from '../lib/door/door.ts'
import { readRequest } from '../lib/door/request.ts'
import { optionalSetting, setting } from '../lib/runtime/config.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { doorPorts } from '../lib/wiring/door.ts'

export interface Dependencies {
  readonly door: DoorFunction
  readonly telemetry: Telemetry
}

export const door = (event: unknown, deps: Dependencies): Promise<Answer> =>
  deps.door(readRequest(event), deps.telemetry)

let opened: DoorFunction | undefined

/** One for the process: what it has just seen serves the next visitor. */
function theDoor(): DoorFunction {
  opened ??= createDoor(
    doorPorts({
      ...{
        stage: setting('STAGE'),
        path: setting('SITES_PATH'),
        configureDocument: setting('CONFIGURE_HOST_DOCUMENT'),
      },
      ...{ nameServers: optionalSetting('NAME_SERVERS'), again: Number(setting('SECONDS_BETWEEN_TRIES')) * 1000 },
    }),
  )
  return opened
}

export const handler = lambda((event) => door(event, { door: theDoor(), telemetry }))
