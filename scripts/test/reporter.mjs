// Tells the program that started jest of each file: when it began, and what came of it.
const level = ({ context }) => context.config.displayName.name

export default class Reporter {
  onTestFileStart(test) {
    process.send({ kind: 'began', level: level(test), file: test.path })
  }

  onTestFileResult(test, result) {
    process.send({
      kind: 'ended',
      level: level(test),
      file: test.path,
      milliseconds: result.perfStats.end - result.perfStats.start,
      testMilliseconds: result.testResults.reduce((sum, { duration }) => sum + (duration ?? 0), 0),
      passed: result.numPassingTests,
      // A file that was not loaded, or whose tests were left out, has failed as well.
      failed: result.numFailingTests + result.numPendingTests + result.numTodoTests + (result.testExecError ? 1 : 0),
      failures: result.testResults
        .filter(({ status }) => status !== 'passed')
        .map(({ fullName, failureMessages }) => ({ name: fullName, message: failureMessages.join('\n') })),
      message: result.failureMessage ?? '',
      printed: (result.console ?? []).map(({ message }) => message),
    })
  }
}
