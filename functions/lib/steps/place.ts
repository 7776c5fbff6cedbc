// Where a stack is. A printed command names it, so that the command reaches the same stack from every shell.
export interface Place {
  readonly stage: string
  readonly region: string
}

/** What ./edge takes; prod is its stage where none is named. */
export const targetOf = ({ stage, region }: Place): string =>
  `${stage === 'prod' ? '' : `--stage ${stage} `}--region ${region}`

/** `<target>` is for commands of ./edge, `<region>` for those of the AWS CLI. */
export const aimed = (text: string, place: Place): string =>
  text.replaceAll('<target>', () => targetOf(place)).replaceAll('<region>', () => place.region)
