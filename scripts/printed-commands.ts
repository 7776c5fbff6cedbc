// Finds the commands that a source prints, and those that do not say where they go. Pure.
import { type AwsCommand, awsCommands } from './aws-commands.ts'

/** Of these the CLI asks one place, whatever the region, or none. */
const EVERYWHERE = ['iam', 'route53', 'sts', 'sso']

/** It goes on to the end of the sentence's part. */
const EDGE = /\.\/edge (?=[a-z<$])((?:(?![,;:.?)] )[^`'"\n;])*)/g

const AIM = /<target>|\$\{target|--region|--local/

/** Without comments, which nobody is shown. */
const printed = (text: string): string =>
  text.replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (comment) => comment.replaceAll(/[^\n]/g, ' '))

export function printedCommands(file: string, source: string): readonly AwsCommand[] {
  const text = printed(source)
  const edge = [...text.matchAll(EDGE)].map(({ index, 1: rest = '' }) => ({
    at: `${file}:${text.slice(0, index).split('\n').length}`,
    words: ['./edge', ...rest.trim().split(' ')],
  }))
  const aws = awsCommands(file, text).map(({ at, words }) => ({ at, words: ['aws', ...words] }))
  return [...edge, ...aws]
}

/** The stack that the command is for is not the one that it would reach from another shell. */
export const isAstray = ({ words: [program, first = '', ...rest] }: AwsCommand): boolean =>
  program === 'aws' ? !EVERYWHERE.includes(first) && !rest.includes('--region') : !AIM.test([first, ...rest].join(' '))
