// After `sls remove`: what stays behind, because it belongs to the maintainer or was never the stack's, and how to take it away.

/** @param {{ stage: string, region: string }} place */
const remains = ({ stage, region }) => [
  'Left as they are, since nothing but you knows whether they are still needed:',
  `- the records of the sites: parked where the instance was stopped before, else at its last address. Delete them in the console of Route 53`,
  `- images chosen by the apps' own CI: aws ssm get-parameters-by-path --region ${region} --path /ragstream-edge/${stage}/images; aws ssm delete-parameters --region ${region} --names <name> (what was told already lies at …/state)`,
  `- of sites with tls the keys and certificates: aws ssm get-parameters-by-path --region ${region} --recursive --path /ragstream-edge/${stage}/tls; aws ssm delete-parameters --region ${region} --names <name> (and …/certificates, as soon as no host serves HTTPS with them). To have them deleted by itself, first set tls to "off", deploy, and wait a day`,
  '- on each host the container, the block of nginx, the key of a certificate in it and /var/log/ragstream-edge.log: the site goes on being served where its name still leads',
  `- the tags ragstream-edge:stage = ${stage} and the instance profiles, and CloudWatch's metrics until they are 15 months old`,
]

class Remains {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      'after:remove:remove': () => {
        for (const line of remains(serverless.service.provider)) log.notice(line)
      },
    }
  }
}

module.exports = Remains
