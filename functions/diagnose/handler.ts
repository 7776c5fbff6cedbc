// diagnose: names the hop at which a site is broken, and what to do. Changes nothing.
import type { Diagnosis } from '../lib/diagnosis/diagnosis.ts'
import { InvalidInput } from '../lib/domain/errors.ts'
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
  const hostname = siteNamed(event) ?? (await onlySite(deps.ports))
  const diagnosis = await diagnose(hostname, deps.ports, deadline)
  deps.telemetry.info(diagnosis.sentence, {
    site: diagnosis.site,
    verdict: diagnosis.verdict,
    tookMs: diagnosis.tookMs,
  })
  return diagnosis
}

const USAGE = `wanted { "site": "<hostname>" }, such as npx sls invoke -f diagnose -d '{"site":"app.example.com"}'; the only declared site may be left out`

/** Undefined where no site is named. @throws InvalidInput */
function siteNamed(event: unknown): string | undefined {
  // What an invocation without data sends.
  if (event === undefined || event === null || event === '') return undefined
  if (typeof event !== 'object' || Array.isArray(event))
    throw new InvalidInput(`event: found ${JSON.stringify(event)}; ${USAGE}`)
  const unknown = Object.keys(event).find((key) => key !== 'site')
  if (unknown !== undefined) throw new InvalidInput(`event: found the field ${JSON.stringify(unknown)}; ${USAGE}`)
  const { site } = event as { site?: unknown }
  if (site === undefined) return undefined
  if (typeof site !== 'string' || site === '')
    throw new InvalidInput(`event.site: found ${JSON.stringify(site)}; ${USAGE}`)
  return site.toLowerCase().replace(/\.$/, '')
}

async function onlySite(ports: DiagnosePorts): Promise<string> {
  const { sites, broken } = await ports.readSites()
  const declared = [...sites, ...broken].map(({ hostname }) => hostname)
  if (declared.length === 1) return declared[0]!
  throw new InvalidInput(
    `event.site: found nothing, and ${declared.length} sites are declared (${declared.join(', ')}); ${USAGE}`,
  )
}

export const handler = lambda((event, deadline) => {
  const ports = diagnosePorts(diagnoseSettings())
  return diagnoseSite(event, deadline, { ports, telemetry })
})
