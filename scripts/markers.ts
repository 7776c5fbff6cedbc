// Refuses what a merge has left in a tracked file: the marks of its two sides. Outside of a repository there is nothing to merge.
import { spawnSync } from 'node:child_process'

const { status, stdout } = spawnSync('git', ['grep', '-nE', '^(<{7}|>{7}) '], { encoding: 'utf8' })
if (status === 0) {
  console.error(`conflict markers: found\n${stdout}wanted one of the two sides, or both joined`)
  process.exitCode = 1
}
