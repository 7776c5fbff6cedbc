// The packaged stack with HTTPS switched on for the declared site.
import { declaring } from './declaring-package.ts'

/** `declared` false: the roles are ready, and the site is declared without. */
export const tlsPackage = (fields: Readonly<Record<string, unknown>> = {}, declared = true): Promise<string> =>
  declaring([{ tls: 'acme', ...fields }], declared)
