// Which commands a page or a source shows.
import { awsCommands } from '../../../scripts/aws-commands.ts'

const V = '1'.repeat(40)
const wordsOf = (file: string, text: string) => awsCommands(file, text).map(({ words }) => words.join(' '))

test.each([
  [
    'in a fence, over lines, one within the other',
    '```bash\nid=$(aws ssm a-b --x <id> \\\n  --y "$(aws sqs cc --z)" --q a.b)\n```',
    [`ssm a-b --x ${V} --y ${V} --q a.b`, 'sqs cc --z'],
  ],
  [
    'between backticks, and not in the sentence',
    'Type `aws ec2 start-it --id <id>`, and AWS does; aws ec2 is no command',
    [`ec2 start-it --id ${V}`],
  ],
  ['in a fence of another language: what a program printed', '```\n  do: aws ec2 start-it --group-id\n```', []],
  [
    'quotes, a comment, a redirection',
    '```bash\naws aa bb --m \'{"a b":1}\' "$x" > file\naws cc dd e   # once\n```',
    [`aa bb --m {"a b":1} ${V}`, 'cc dd e'],
  ],
])('a page: %s', (_, page, commands) => expect(wordsOf('page.md', page)).toEqual(commands))

test.each([
  ["'look: aws ec2 get-it --id <id>; or wait'", [`ec2 get-it --id ${V}`]],
  ["'aws ec2 get-it --id x, then launch it'", ['ec2 get-it --id x']],
  ['`(aws ec2 get-it --id ${one.id} --name ${a.map((b) => `${b}`)})`', [`ec2 get-it --id ${V} --name ${V}`]],
  ['`aws ec2 get-it --region ${region} ${direction}`', ['ec2 get-it --region eu-central-1 --ingress']],
])('a source: %s', (source, commands) => expect(wordsOf('source.ts', source)).toEqual(commands))

test('each says where it stands', () =>
  expect(awsCommands('page.md', 'one\n\n`aws sts get-me`')).toEqual([{ at: 'page.md:3', words: ['sts', 'get-me'] }]))
