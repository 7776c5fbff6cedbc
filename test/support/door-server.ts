// A door on loopback for a real browser: the production code over a world in memory, behind the local cloud's HTTP API.
import { createDoor } from '../../functions/lib/door/door.ts'
import { readRequest } from '../../functions/lib/door/request.ts'
import type { Telemetry } from '../../functions/lib/steps/telemetry.ts'
import { startHttpApi } from '../../local/stack/http-api.ts'
import { readTemplate } from '../../local/stack/template.ts'
import type { FakeDoor } from './fake-door.ts'

const nothing = () => {}
const silent: Telemetry = { info: nothing, warn: nothing, error: nothing, count: nothing, measure: nothing }

const ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:door'
const templateWith = (DefaultRouteSettings: object) =>
  readTemplate(
    {
      Resources: {
        HttpApi: { Type: 'AWS::ApiGatewayV2::Api' },
        Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'HttpApi' }, DefaultRouteSettings } },
        Integration: {
          Type: 'AWS::ApiGatewayV2::Integration',
          Properties: { IntegrationUri: ARN, PayloadFormatVersion: '2.0' },
        },
        Route: {
          Type: 'AWS::ApiGatewayV2::Route',
          Properties: { RouteKey: '$default', Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] } },
        },
        Permission: {
          Type: 'AWS::Lambda::Permission',
          Properties: { Action: 'lambda:InvokeFunction', FunctionName: ARN, Principal: 'apigateway.amazonaws.com' },
        },
      },
    },
    { account: '123456789012', region: 'eu-central-1' },
  )

/** Nothing is remembered between two requests: what a test changes is seen at once. */
export function serveDoor(ports: FakeDoor) {
  const template = templateWith({})
  return startHttpApi({
    address: '127.0.0.1',
    template: () => template,
    invoke: (_arn, event) => createDoor(ports)(readRequest(event), silent),
  })
}

/** An API whose throttle lets nobody through: no function is behind it. */
export function serveNobody() {
  const template = templateWith({ ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0 })
  return startHttpApi({ address: '127.0.0.1', template: () => template, invoke: async () => undefined })
}
