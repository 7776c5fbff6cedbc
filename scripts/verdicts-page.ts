// The table of verdicts as a page: what is observed, what it is called, and what to do. From the rules themselves.

import { type CauseName, HOPS } from '../functions/lib/diagnosis/diagnosis.ts'
import { RULES } from '../functions/lib/diagnosis/judge.ts'
import type { Rule } from '../functions/lib/diagnosis/rules/rule.ts'

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')

const named = (names: readonly CauseName[]): string => names.map((name) => `\`${name}\``).join(', ')

const row = ({ name, hop, when, rivals = [], fix, more }: Rule): string =>
  `| \`${name}\` | ${hop} | ${cell(when)} | ${named(rivals) || '-'} | ${cell(more ? `${fix}. ${more}` : fix)} |`

export const verdictsPage =
  (): string => `<!-- Generated from functions/lib/diagnosis/rules by scripts/generate.ts: change it there. -->
# Verdicts

What \`diagnose\` says of a site ([how to ask](runbook.md#diagnose)). All probes run side by side and change nothing. Each ends at its own time limit, and a failed probe is
an observation too. Then the rules below are checked in the order of the hops: ${HOPS.join(', ')}. The answer names every rule
that holds, so two faults give two causes. Visitors stop at the first hop with a cause that breaks the site.

| verdict | when |
| --- | --- |
| \`broken\` | some cause breaks a hop |
| \`asleep\` | no instance runs, and every name rests as \`onStop\` says |
| \`live\` | no hop is broken, the record is right at Route 53 and at its name servers, \`health\` answers as the site says and \`websocket\` gives 101, of a site without one \`/\` less than 500 (by HTTPS where the site has a certificate; with \`access\`, 401 or 403 to strangers, and what is wanted from the app to its own host). Causes may stand beside it: they break nothing yet |
| \`unknown\` | nothing is proved to be broken, and not all of that was seen |

A security group (or the inbound side of a network ACL) that admits only some addresses makes the diagnosis \`restricted\`: silence from outside then proves nothing, and
the host's own look decides. The same holds where the site says \`"probe": "host"\`.

"Not told apart from": the cause then bears \`or\` with the other name and with what tells the two apart.

| cause | hop | observed | not told apart from | what to do |
| --- | --- | --- | --- | --- |
| \`site-unknown\` | - | no such site is declared | - | declare it, or correct the name |
| \`site-broken\` | - | its document has errors, which are listed | - | put each field right and deploy |
${RULES.map(row).join('\n')}
`
