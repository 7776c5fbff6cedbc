// The table of many starts, and what bounds them.
import type { Tempo } from '../../local/world/types.ts'
import { median, type Report, type Table } from '../figures.ts'
import type { Lap } from './stopwatch.ts'

export interface Setting {
  readonly cores: number
  readonly tempo: Tempo
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2)

const column = (runs: readonly (readonly Lap[])[], row: number, of: 'at' | 'took'): number[] =>
  runs.map((run) => run[row]![of])

function tableOf(launch: readonly Lap[], runs: readonly (readonly Lap[])[]): Table {
  return {
    title: 'From StartInstances to a rendered page, seconds',
    columns: ['phase', 'path', 'median', 'least', 'most', 'ended at, median', 'at the first launch'],
    rows: launch.map(({ path, name, took }, row) => {
      const [all, ends] = [column(runs, row, 'took'), column(runs, row, 'at')]
      return [name, path, ...[median(all), Math.min(...all), Math.max(...all), median(ends), took].map(seconds)]
    }),
  }
}

const medianEnd = (runs: readonly (readonly Lap[])[], path: Lap['path']): number =>
  median(runs.map((run) => Math.max(...run.filter((lap) => lap.path === path).map((lap) => lap.at))))

/** The longest phases of the path that ends last. */
function boundsOf(runs: readonly (readonly Lap[])[], path: Lap['path']): string {
  const rows = runs[0]!.flatMap((lap, row) =>
    lap.path === path ? [{ lap, took: median(column(runs, row, 'took')) }] : [],
  )
  const longest = rows.toSorted((a, b) => b.took - a.took).slice(0, 3)
  return longest.map(({ lap, took }) => `${lap.name} (${seconds(took)} s)`).join(', ')
}

export function reportOf(launch: readonly Lap[], runs: readonly (readonly Lap[])[], { cores, tempo }: Setting): Report {
  const ends = (['name', 'host', 'visitor'] as const).map((path) => medianEnd(runs, path))
  const [name, host, page] = ends as [number, number, number]
  const last = host > name ? 'host' : 'name'
  return {
    name: 'start-to-live',
    title: 'Start to live',
    tables: [tableOf(launch, runs)],
    reach: [],
    charts: [
      {
        file: 'start-to-live',
        title: 'From StartInstances to a rendered page, by phase (median)',
        unit: 's',
        bars: launch.map((lap, row) => ({ label: lap.name, value: median(column(runs, row, 'took')) / 1000 })),
      },
    ],
    notes: [
      `${runs.length} starts of a stopped instance on the local cloud with real machines (systemd, nginx, Docker engine, Streamlit, Chromium) on ${cores} cores, functions as packaged. Each phase begins at the end of the phase above it on the same path. After *instance running*, the path of the name and the path of the host run at the same time. The last column is the first launch, with an empty host that pulls the image.`,
      `Of both paths, the path of the ${last} ends last. Medians: the name leads to the address after ${seconds(name)} s, the host is done after ${seconds(host)} s, the page is rendered after ${seconds(page)} s. The longest phases of the path of the ${last}: ${boundsOf(runs, last)}.`,
      `*Instance running* (${seconds(tempo.pendingMs)} s) and *INSYNC* (${seconds(tempo.insyncMs)} s after the change) are settings of the local cloud. There the agent registers half a second after its machine is up. Nobody has measured these three times in AWS (until *instance running*, until *INSYNC*, until *agent registered*), and this project cannot change them. By AWS’s documentation a change is usually INSYNC within 60 s, and an agent can take minutes to register. This project, or the host, decides about all other times.`,
      '*Address in the record* and *command sent* include the batching window of the queue and the work of the functions. *Command sent* also includes the wait between two tries while the agent is not registered.',
      'In this test the resolver did not remember the parked address. A visitor whose resolver remembers it waits longer, by up to the TTL of a parked name (`parkTtl`): [start to page](#start-to-page).',
    ],
    numbers: { launch, runs },
  }
}
