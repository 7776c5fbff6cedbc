/** What steps and handlers say; runtime/telemetry.ts writes it, a test passes a list that remembers. */
export interface Telemetry {
  info(message: string, data?: Readonly<Record<string, unknown>>): void
  warn(message: string, data?: Readonly<Record<string, unknown>>): void
  error(message: string, data?: Readonly<Record<string, unknown>>): void
  count(metric: string, value?: number): void
  /** Milliseconds. */
  measure(metric: string, ms: number): void
}
