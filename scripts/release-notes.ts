// node scripts/release-notes.ts v1.2.3: the section of that version in CHANGELOG.md, for the page of the release.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** @throws Error when the changelog has no such section, or an empty one */
export function notesOf(version: string, changelog: string): string {
  const wanted = version.replace(/^v/, '')
  const sections = changelog.split(/^(?=## \[)/m)
  const section = sections.find((one) => one.startsWith(`## [${wanted}]`))
  const notes = section?.split('\n').slice(1).join('\n').trim()
  if (!notes)
    throw new Error(
      `CHANGELOG.md: found ${section ? 'nothing in the' : 'no'} section [${wanted}], wanted what has changed`,
    )
  return notes
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(
    notesOf(process.argv[2] ?? 'Unreleased', readFileSync(new URL('../CHANGELOG.md', import.meta.url), 'utf8')),
  )
}
