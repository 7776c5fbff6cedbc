// What a start has left behind in AWS that answers a question: commands, parameters, logs. Reads only.
import {
  type ListCommandInvocationsCommandOutput,
  paginateGetParameterHistory,
  paginateListCommandInvocations,
} from '@aws-sdk/client-ssm'
import { ssm } from '../../functions/lib/aws/ssm/client.ts'
import { listCommands } from '../../functions/lib/aws/ssm/commands.ts'
import type { SentCommand } from '../../functions/lib/hosts/command.ts'
import { functionLogs } from '../site/function-logs.ts'
import { documentOf } from '../site/read.ts'
import { type Question, type Seen, spoken } from './block.ts'
import type { Watched } from './watch.ts'

/** @param since milliseconds since the epoch: when the instance was started */
export async function lookBack(watched: Watched, since: number): Promise<Seen> {
  const asks: Partial<Record<Question, () => Promise<string>>> = {
    pages: () => pages(watched),
    unregistered: () => unregistered(watched, since),
    inspection: () => inspection(watched, since),
    rollout: () => rollout(watched),
  }
  const answers = Object.entries(asks).map(async ([question, ask]) => [
    question,
    await ask().catch(({ name }: Error) => `not read: ${name}`),
  ])
  return Object.fromEntries(await Promise.all(answers))
}

const SIZE = 5
const MOST_PAGES = 6

/** Items of each page, as the service cuts them. */
async function pages({ document, instance }: Watched): Promise<string> {
  const sizes: number[] = []
  const request = { InstanceId: instance, Filters: [{ key: 'DocumentName' as const, value: document }] }
  const all: AsyncIterable<ListCommandInvocationsCommandOutput> = paginateListCommandInvocations(
    { client: ssm(), pageSize: SIZE },
    request,
  )
  for await (const { CommandInvocations = [] } of all) if (sizes.push(CommandInvocations.length) === MOST_PAGES) break
  return `of ${SIZE} asked for, the pages had ${sizes.join(', ')}`
}

/** As host-config logged it. */
async function unregistered({ stage, site }: Watched, since: number): Promise<string> {
  const lines = await functionLogs(stage, site.hostname, since, 1_000)
  const texts = lines.flatMap(({ text }) => (text.includes('AgentNotRegistered') ? text : []))
  if (texts.length === 0) return 'none: the agent was there at the first try'
  const names = texts.map((text) => (text.includes('AccessDenied') ? 'AccessDeniedException' : 'InvalidInstanceId'))
  return `${[...new Set(names)].join(', ')} (${texts.length} times)`
}

const byTime = (commands: readonly SentCommand[]) => commands.toSorted((a, b) => a.requestedAt - b.requestedAt)

async function inspection({ stage, instance }: Watched, since: number): Promise<string> {
  const looks = await listCommands(await documentOf({ stage }, 'InspectHost'), instance, since)
  const took = looks.flatMap(({ status, requestedAt, endedAt }) =>
    status === 'Success' && endedAt !== undefined ? endedAt - requestedAt : [],
  )
  if (took.length === 0) return 'none ended'
  return `${spoken(Math.min(...took))} to ${spoken(Math.max(...took))} on the host, of ${took.length}`
}

async function rollout({ stage, site, document, instance }: Watched): Promise<string> {
  const [first] = byTime(await listCommands(document, instance, 0))
  const Name = `/ragstream-edge/${stage}/sites/${site.hostname}`
  for await (const { Parameters = [] } of paginateGetParameterHistory({ client: ssm() }, { Name })) {
    const written = Parameters[0]?.LastModifiedDate?.getTime()
    if (!first || written === undefined) break
    return spoken(first.requestedAt - written)
  }
  return 'no command is known any more'
}
