// The section of a version in the changelog, as the page of its release.
import { notesOf } from '../../../scripts/release-notes.ts'

const CHANGELOG =
  '# Changelog\n\n## [Unreleased]\n\n## [1.10.0] - 2026-12-01\n\n### Added\n\n- b\n\n## [1.1.0]\n\n- a\n'

test.each([
  ['v1.10.0', '### Added\n\n- b'],
  ['1.1.0', '- a'],
])('%s', (version, notes) => expect(notesOf(version, CHANGELOG)).toBe(notes))

test.each([
  ['v1.2.0', 'CHANGELOG.md: found no section [1.2.0], wanted what has changed'],
  ['Unreleased', 'CHANGELOG.md: found nothing in the section [Unreleased], wanted what has changed'],
])('%s: refused', (version, sentence) => expect(() => notesOf(version, CHANGELOG)).toThrow(sentence))
