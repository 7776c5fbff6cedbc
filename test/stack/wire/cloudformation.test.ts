// What a person asks of CloudFormation: the name of one resource of the deployed stack, as the runbook does.
import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import { type Cloud, startCloud } from './clients.ts'

let cloud: Cloud
beforeAll(async () => {
  cloud = await startCloud({
    functions: {
      arnOf: () => undefined,
      logs: () => [],
      invoke: () => Promise.reject(new Error('no function')),
      resources: () => [{ logicalId: 'Notices', type: 'AWS::SNS::Topic', ref: 'arn:aws:sns:eu-central-1:1:notices' }],
    },
  })
})
afterAll(() => cloud.close())

class Sha256 {
  readonly #hash
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string)
  }
  update(data: Uint8Array): void {
    this.#hash.update(data)
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }
  reset(): void {}
}

async function describeResource(id: string): Promise<string> {
  const { hostname, port } = new URL(cloud.url)
  const signer = new SignatureV4({
    ...{ service: 'cloudformation', region: 'eu-central-1', sha256: Sha256 },
    credentials: cloud.credentialsOf('local-admin'),
  })
  const words = { Action: 'DescribeStackResource', StackName: 'ragstream-edge-prod', LogicalResourceId: id }
  const { headers, body } = await signer.sign({
    ...{ method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/' },
    headers: { host: `${hostname}:${port}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: String(new URLSearchParams(words)),
  })
  return (await fetch(cloud.url, { method: 'POST', headers, body })).text()
}

test('the resource of this name', async () => {
  expect(await describeResource('Notices')).toContain(
    '<PhysicalResourceId>arn:aws:sns:eu-central-1:1:notices</PhysicalResourceId>',
  )
  expect(cloud.asked.at(-1)).toMatchObject({ action: 'cloudformation:DescribeStackResource' })
})

test('another name', async () => {
  expect(await describeResource('Nothing')).toContain(
    '<Message>Resource Nothing does not exist for stack ragstream-edge-prod</Message>',
  )
})
