// npm run test:soak -- debian13: the whole host level on Debian 13.
import { runLong } from '../support/long-tests.ts'

process.exitCode = runLong('host', [], { HOST_SUITE: 'trixie', ALONE: 'false' })
