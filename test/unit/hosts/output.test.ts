// What the last lines of a host say.
import { type CommandEnd, failedStep, logTail, mayPass } from '../../../functions/lib/hosts/output.ts'

const end = (stdout: string, fields: Partial<CommandEnd> = {}): CommandEnd => ({
  ...{ commandId: 'c', instanceId: 'i', details: 'Failed', stderr: '' },
  stdout,
  ...fields,
})

test.each([
  ['quoted values', 'step=a result=failed reason="b = c" hint="d e"', { step: 'a', reason: 'b = c', hint: 'd e' }],
  ['plain values', 'step=a result=failed reason=b hint=c', { step: 'a', reason: 'b', hint: 'c' }],
  ['no hint', 'step=a result=failed reason="b"', { step: 'a', reason: 'b', hint: '' }],
  [
    'the last one counts',
    'step=a result=failed reason=b\nstep=c result=failed reason=d\n',
    { step: 'c', reason: 'd', hint: '' },
  ],
  ['lines after it', 'step=a result=failed reason=b\nmore', { step: 'a', reason: 'b', hint: '' }],
])('%s', (_, stdout, step) => expect(failedStep(stdout)).toEqual(step))

test.each(['', 'step=a result=ok', 'a step=b result=failed'])('no failed step: %j', (stdout) =>
  expect(failedStep(stdout)).toBeUndefined(),
)

test('the tail: the last twelve lines, errors last, long ones cut', () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`)
  expect(logTail(end(lines.join('\n')))).toEqual(lines.slice(-12))
  expect(logTail(end(lines.join('\n'), { stderr: 'x'.repeat(400) }))).toEqual([...lines.slice(-11), 'x'.repeat(300)])
})

test.each([
  ['lost', end(''), true],
  ['an image was not pulled', end('step=image result=failed reason=x'), true],
  ['nginx refuses it', end('step=nginx-test result=failed reason=x'), false],
])('may pass: %s', (_, ended, passes) => expect(mayPass(ended)).toBe(passes))
