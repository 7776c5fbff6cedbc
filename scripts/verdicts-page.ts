// The table of verdicts as a page: what is observed, what it is called, and what to do. From the rules themselves.

import { type CauseName, HOPS } from '../functions/lib/diagnosis/diagnosis.ts'
import { RULES } from '../functions/lib/diagnosis/judge.ts'
import type { Rule } from '../functions/lib/diagnosis/rules/rule.ts'

const cell = (text: string): string =>
  text
    .replaceAll('<target>', '--region <region>')
    .replaceAll('|', '\\|')
    .replaceAll(/`[^`]*`|</g, (found) => (found === '<' ? '&lt;' : found))

const named = (names: readonly CauseName[]): string => names.map((name) => `\`${name}\``).join(', ')

const row = ({ name, hop, when, rivals = [], fix, more }: Rule): string =>
  `| \`${name}\` | ${hop} | ${cell(when)} | ${named(rivals) || '-'} | ${cell(more ? `${fix}. ${more}` : fix)} |`

export const verdictsPage =
  (): string => `<!-- Generated from functions/lib/diagnosis/rules by scripts/generate.ts: change it there. -->
# Verdicts

This page lists what \`diagnose\` can find ([how to run it](runbook.md#diagnose)). All probes run at the same time and change nothing. Each probe has a time limit. A failed probe is
an observation too. Then \`diagnose\` checks the rules below. Their order is the order of the hops (the parts of the way from the visitor to the app): ${HOPS.join(', ')}. It names every rule
that matches, so two faults give two causes. A visitor's request stops at the first broken hop.

| verdict | when |
| --- | --- |
| \`broken\` | at least one cause breaks a hop |
| \`asleep\` | no instance runs, and the records are as \`onStop\` says |
| \`live\` | no hop is broken. The record is right at Route 53 and at its name servers. \`health\` answers as the site’s file says. The path \`websocket\` answers with 101. If the site has no \`websocket\`, the path \`/\` answers with a status below 500. If the site has a certificate, all this is checked by HTTPS. With \`access\`, a stranger must get 401 or 403, and the app must answer a request from the host on which it runs. A live site can have causes that break nothing yet |
| \`unknown\` | no cause breaks a hop, but \`diagnose\` could not check everything |

If a security group or network ACL allows only some addresses, the diagnosis is \`restricted\`. Then silence from outside proves nothing, and
the host's own inspection decides. The same applies to a site with \`"probe": "host"\`.

Some causes look alike (column *looks like*). Then the diagnosis has a field \`or\` with the name of the second cause. It also says how to find out which cause is the right one.

| cause | hop | when | looks like | what to do |
| --- | --- | --- | --- | --- |
| \`site-unknown\` | - | no site of this name is declared | - | declare the site, or correct the name |
| \`site-broken\` | - | the site’s document has errors. The finding lists them | - | correct each field, then deploy |
${RULES.map(row).join('\n')}
`
