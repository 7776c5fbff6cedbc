// What the doctor says where a site selects no instance.
import { judgeHosts } from '../../../cli/doctor/judge-hosts.ts'
import type { SiteFacts } from '../../../cli/doctor/look.ts'
import { aSite } from '../../support/domain.ts'

const WHERE = 'or is it in another region (--region)?'

test.each([
  [
    { 'tag:Name': 'app', 'tag:Role': 'web' },
    'no instance in eu-central-1 bears Name=app and Role=web',
    `aws ec2 create-tags --region eu-central-1 --resources <instance> --tags Key=Name,Value=app Key=Role,Value=web; or put its tags into the site's file; ${WHERE}`,
  ],
  [
    { id: 'i-1234567890abcdef0' },
    'no instance in eu-central-1 is i-1234567890abcdef0',
    `put the id of the instance into the site's file; ${WHERE}`,
  ],
  [
    { id: 'i-1234567890abcdef0', 'tag:Name': 'app' },
    'no instance in eu-central-1 is i-1234567890abcdef0 and bears Name=app',
    `put the id of the instance into the site's file; ${WHERE}`,
  ],
])('%j', (instances, says, fix) => {
  const site = aSite('app.example.com', { instances: instances as Record<string, string> })
  const facts = {
    site,
    stage: 'prod',
    region: 'eu-central-1',
    instances: { value: [] },
    hosts: [],
  } as unknown as SiteFacts
  expect(judgeHosts(facts)).toEqual([{ kind: 'problem', subject: 'instance', says, fix }])
})
