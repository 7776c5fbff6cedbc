// ./edge logs --functions: what the functions of the stage logged about a site, from CloudWatch.
import {
  CloudWatchLogsClient,
  type FilteredLogEvent,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs'

export interface LoggedLine {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Such as dns-sync. */
  readonly function: string
  readonly text: string
}

/** Of every function, the oldest first, at most so many from the end. A line about no site, such as a start, is left out. */
export async function functionLogs(
  stage: string,
  hostname: string,
  since: number,
  most: number,
): Promise<LoggedLine[]> {
  const client = new CloudWatchLogsClient({})
  const prefix = `/aws/lambda/ragstream-edge-${stage}-`
  const groups: string[] = []
  for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix: prefix }))
    groups.push(...(page.logGroups ?? []).flatMap(({ logGroupName }) => logGroupName ?? []))
  const read = async (logGroupName: string): Promise<LoggedLine[]> => {
    const wanted = { logGroupName, startTime: since, filterPattern: `"${hostname}"` }
    const events: FilteredLogEvent[] = []
    for await (const page of paginateFilterLogEvents({ client }, wanted)) events.push(...(page.events ?? []))
    return events.flatMap((event) => lineOf(logGroupName.slice(prefix.length), event) ?? [])
  }
  const lines = (await Promise.all(groups.map(read))).flat()
  return lines.sort((one, other) => one.at - other.at).slice(-most)
}

/** A function logs JSON; metrics are for machines. */
export function lineOf(name: string, { timestamp = 0, message = '' }: FilteredLogEvent): LoggedLine | undefined {
  const entry = parsed(message)
  if (entry && '_aws' in entry) return undefined
  const error = entry?.error as { readonly name?: string; readonly message?: string } | undefined
  const cause = error ? `: ${error.name}: ${error.message}` : ''
  const text = entry ? `${entry.level === 'INFO' ? '' : `${entry.level} `}${entry.message}${cause}` : message.trimEnd()
  return { at: timestamp, function: name, text }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
