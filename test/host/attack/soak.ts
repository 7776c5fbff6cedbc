// The long version of the test of the limits: every kind of flood, and forty uploads that fill a disk as far as they may.
import { runLong } from '../../support/long-tests.ts'

process.exitCode = runLong('host', ['test/host/attack/limits.long.test.ts'])
