// Installs the emulator of the level `outside` where it is missing.
import { ministack } from './outside.ts'

try {
  ministack()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
