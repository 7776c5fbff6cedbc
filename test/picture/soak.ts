// The long version of the test of idle: an answer of ten minutes, a computing script, and what befalls nginx below an open tab.
import { runLong } from '../support/long-tests.ts'

process.exitCode = runLong('picture', ['test/picture/idle.long.test.ts'])
