// The instance metadata, in the words of its documentation, as far as a host asks for its role. Parameter Store itself is the local cloud's.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const CREDENTIALS = { AccessKeyId: 'local-admin', SecretAccessKey: 'the+secret/key', Token: 'the-session-token' }

/** `secret` is the one that the local cloud knows. @returns its port, and how to close it */
export async function startInstanceMetadata(
  address: string,
  secret = CREDENTIALS.SecretAccessKey,
): Promise<{ port: number; close(): void }> {
  const known: Readonly<Record<string, string>> = {
    'iam/security-credentials/': 'the-role',
    'iam/security-credentials/the-role': JSON.stringify(
      { Code: 'Success', ...CREDENTIALS, SecretAccessKey: secret },
      null,
      2,
    ),
    'placement/region': 'eu-central-1',
    'services/domain': 'amazonaws.com',
  }
  const server = createServer(({ url = '', headers }, response) => {
    if (url === '/latest/api/token') return response.end('imds-token')
    if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') return response.writeHead(401).end()
    const found = known[url.replace('/latest/meta-data/', '')]
    return found === undefined ? response.writeHead(404).end() : response.end(found)
  }).listen(0, address)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() }
}
