// npm run test:soak -- whole: every test of every level, also those that `npm test` leaves out.
process.env.LONG = 'true'
await import('../scripts/test.ts')
