// diagnose: names the hop at which a site is broken, and what to do. Changes nothing.
import type { Diagnosis } from '../lib/diagnosis/diagnosis.ts'
import { diagnoseRequest } from '../lib/diagnosis/request.ts'
import { diagnose } from '../lib/probe/diagnose.ts'
import type { DiagnosePorts } from '../lib/probe/ports.ts'
import { diagnoseSettings } from '../lib/runtime/diagnose-settings.ts'
import { lambda } from '../lib/runtime/lambda.ts'
import { telemetry } from '../lib/runtime/telemetry.ts'
import type { Telemetry } from '../lib/steps/telemetry.ts'
import { diagnosePorts } from '../lib/wiring/diagnosis.ts'

export interface Dependencies {
  readonly ports: DiagnosePorts
  readonly telemetry: Telemetry
}

export async function diagnoseSite(event: unknown, deadline: number, deps: Dependencies): Promise<Diagnosis> {
  const { hostname, asksHost } = await diagnoseRequest(event, deps.ports.readSites)
  const diagnosis = await diagnose(hostname, deps.ports, deadline, { asksHost })
  const { site, verdict, tookMs } = diagnosis
  deps.telemetry.info(diagnosis.sentence, { site, verdict, tookMs })
  return diagnosis
}

export const handler = lambda((event, deadline) => {
  const ports = diagnosePorts(diagnoseSettings())
  return diagnoseSite(event, deadline, { ports, telemetry })
})
