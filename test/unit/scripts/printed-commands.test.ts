// Every command that the product prints says where it goes, so that it can be typed in any shell.
import { globSync, readFileSync } from 'node:fs'
import { isAstray, printedCommands } from '../../../scripts/printed-commands.ts'

/** No command for a stack: the help, npm's words, the local cloud; and texts that only pages show, where the shell's region is set first. */
const OF_NO_STACK = [
  ['cli/edge/completion.ts', /^\.\/edge edge/],
  ['cli/edge/program.ts', /^\.\/edge completion/],
  ['cli/edge/end.ts', /^\.\/edge \$\{argv/],
  ['cli/', /^\.\/edge start/],
  ['functions/lib/domain/fields/', /^\.\/edge /],
  ['functions/lib/domain/site.ts', /^\.\/edge /],
] as const

const commands = globSync('{cli,functions,resources}/**/*.{ts,cjs,mjs}')
  .sort()
  .flatMap((file) => printedCommands(file, readFileSync(file, 'utf8')))
const ofNoStack = ({ at, words }: (typeof commands)[number]) =>
  OF_NO_STACK.some(([file, form]) => at.startsWith(file) && form.test(words.join(' ')))

test('there are many', () => expect(commands.length).toBeGreaterThan(50))

test('none goes astray', () => {
  const astray = commands.filter((one) => !ofNoStack(one) && isAstray(one))
  expect(astray.map(({ at, words }) => `${at} ${words.join(' ')}`)).toEqual([])
})

test.each([
  ["'look: ./edge resync <site>; then wait'", true],
  ["'look: ./edge resync <site> <target>; then wait'", false],
  ['`aws ec2 start-instances --instance-ids <instance>`', true],
  ['`aws ec2 start-instances --region <region> --instance-ids <instance>`', false],
  ['`aws iam list-role-policies --role-name ${name}`', false],
])('planted: %s', (source, wanted) => expect(printedCommands('x.ts', `say(${source})`).map(isAstray)).toEqual([wanted]))

test('comments print nothing', () =>
  expect(printedCommands('x.ts', '// ./edge up\n/** ./edge down */\nsay("x")')).toEqual([]))
