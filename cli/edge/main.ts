// What ./edge runs once its head has found Node.js and packages.
import { typedIn } from './end.ts'
import { program } from './program.ts'

// A pipe that was closed, as by head, ends the program without a word.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => process.exit())
await typedIn(program(), process.argv.slice(2))
