// What docs/runbook.md says of each problem and of its notice (scripts/tables.ts).
import type { ProblemName } from '../functions/lib/domain/problem.ts'

interface Words {
  /** What it means, and what a person does about it. */
  readonly means: string
  readonly todo: string
  /** When people get a notice, and when the notice of its end. */
  readonly told: string
  readonly over: string
}

const AFTER_ITS_PATIENCE = 'the time under *waits* in [Problems](#problems) has passed'
const AT_ONCE = 'at once, because only a person can repair this'
const NOT_FOUND = 'the next look does not find the problem'
const NOT_FOUND_OR_STOPPED = `${NOT_FOUND}, or the instance stops`

export const PROBLEM_WORDS: Readonly<Record<ProblemName, Words>> = {
  AgentNotRegistered: {
    means:
      'Systems Manager does not know the instance (`InvalidInstanceId`). In the first 15 min it can also answer `AccessDeniedException`, because it does not know the tag yet',
    todo: 'check four things: the instance has the stage’s tag; the SSM agent is installed and runs (Debian images come without it); the instance profile has `AmazonSSMManagedInstanceCore`; the host reaches the internet on port 443',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  NoPublicAddress: {
    means: 'the instance runs, but EC2 shows no public IPv4 address',
    todo: 'a few seconds after a start this is normal. Else check that the subnet is public and has "auto-assign public IPv4" on, then stop and start the instance. Or associate an Elastic IP',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  RecordRefused: {
    means:
      'the name has an alias, a CNAME or a record with a routing policy; or too many sites would be parked at once',
    todo: 'remove that record, or choose another name. For too many sites, see "Park a name without proof" in the runbook',
    told: AT_ONCE,
    over: NOT_FOUND,
  },
  RecordRejected: {
    means:
      'Route 53 refused a batch of several changes. Then the function sent the change of this record alone, and Route 53 refused this change, too',
    todo: '`AccessDenied`: the role allows only names that the last deploy declared. Declare the site in `resources/sites`, then deploy. All other messages have the words of Route 53. If the message says "protected", remove the protection of the record. If it says "already exists" or "do not match", another program writes this record again and again',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND,
  },
  ZoneUnreadable: {
    means: 'the function could not list the records of the site’s zone',
    todo: 'check `hostedZoneId`, then deploy: the role can read only the zones of the declared sites. If the message has `RoleRefused`, see "Errors of the functions"',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND,
  },
  CommandRefused: {
    means:
      'Systems Manager refused `SendCommand`, and the reason is not `AgentNotRegistered`. The message has the words of Systems Manager',
    todo: '`AccessDenied`: check that the instance has the tag `ragstream-edge:stage = <stage>`. `InvalidDocument`: wait for the deploy that is under way',
    told: AFTER_ITS_PATIENCE,
    over: NOT_FOUND_OR_STOPPED,
  },
  HostRefused: {
    means: "two sites want the same loopback port of a host, or a value does not match the document's pattern",
    todo: 'give one site another `container.hostPort`, or correct the field that the message names',
    told: AT_ONCE,
    over: NOT_FOUND,
  },
  CommandFailed: {
    means:
      'a command failed three times since the start, and is not sent again. Or a command failed at a step that only a person can repair. Then the next two looks of the schedule send it again, so it is also sent three times in all',
    todo: 'repair what the notice names. Then change the site or its image, or send a look with `"force": true` to `HostQueue`',
    told: 'a command failed three times (the second try comes after 30 s, the third after 2 min). At a step that only a person can repair, the notice comes after the first failure. In this case the next two looks of the schedule send the command again. So a repair within half an hour ends the problem. "What a host says" explains the step',
    over: 'a command succeeds, or the instance stops',
  },
  CertificateNotObtained: {
    means:
      'a site with `tls: "acme"` got no certificate, or no renewed one. The message has the reason. An old certificate stays in use until it expires',
    todo: 'see "Certificates" below',
    told: `the authority refused, or ${AFTER_ITS_PATIENCE}. The old certificate stays`,
    over: 'a certificate was obtained',
  },
  UseUnknown: {
    means:
      'a site has the field `idle`. Three times in a row, the function `idle` could not find out whether somebody uses the instance. The instance stays awake, and costs money',
    todo: 'check that the SSM agent is online (`./edge doctor`), and that nginx runs. The log of `idle` has the reason. nginx logs who uses the sites (the *log of use*), and writes one line there at each look. If the reason is "the log of use does not hold the line of this look", nginx did not write this line: the host’s nginx.conf says `access_log off` in its `http` block, or the disk is full',
    told: 'the function `idle` checked the use of the instance, and this check failed three times in a row',
    over: 'a check succeeds, or the instance stops',
  },
  NotStopped: {
    means:
      'nobody uses the instance, and it cannot be stopped: EC2 refused, or its Auto Scaling group would replace it. ragstream-edge tries again only after the next start of the instance',
    todo: 'stop protection: `aws ec2 modify-instance-attribute --instance-id <instance> --no-disable-api-stop`. A one-time Spot instance, or one whose disk is an instance store, cannot be stopped: remove `idle` from the site. An Auto Scaling group: set its desired capacity instead',
    told: AT_ONCE,
    over: 'the instance stops, or starts again',
  },
  NotLive: {
    means: 'the host is configured, but visitors do not get the site',
    todo: 'do what the notice says about the broken hop; `./edge diagnose` looks again',
    told: '10 minutes after the host was configured, the diagnosis is `broken`. Or a look of the schedule finds that a live site is broken, and all checks of the next two minutes find the same. The notice names the hop',
    over: 'the diagnosis is `live` again',
  },
  RecordContested: {
    means: 'another program writes the record of the site. ragstream-edge wrote the correct value again each time',
    todo: 'the notice has both values, the times, and the command that names the writer. Remove the right of the writer (`./edge doctor` names the policy of the host’s role), then remove the program that writes: a start-up script, a cron line or a container',
    told: 'another program changed the record. ragstream-edge corrected the record twice within an hour, or at each of two starts in a row. A change of only the TTL counts, too. A new address of the running instance does not count',
    over: 'no other program has written the record for a week',
  },
  BrokenSite: {
    means:
      'a parameter of a site or of an image has errors. For each error the log has the path of the field, the value that was found, and what is wanted. Record and host stay unchanged',
    todo: 'correct the errors. If two sites have the same name, both are broken until you remove the name from one',
    told: 'a parameter of a site or of an image was written, and has errors. For each error the message has three things: the path of the field, the value that was found, and what is wanted. Nothing was changed',
    over: 'the parameter has no errors',
  },
}
