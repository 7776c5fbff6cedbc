// Where the AWS console shows a command's output.

/** Regions of China and GovCloud have consoles of their own. */
const CONSOLES: readonly (readonly [string, string])[] = [
  ['cn-', 'console.amazonaws.cn'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
  ['', 'console.aws.amazon.com'],
]

export function commandLink(region: string, commandId: string, instanceId: string): string {
  const [, console] = CONSOLES.find(([prefix]) => region.startsWith(prefix))!
  return `https://${region}.${console}/systems-manager/run-command/${commandId}/${instanceId}?region=${region}`
}
