// Structured logs and metrics in CloudWatch's embedded format.
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Telemetry } from '../steps/telemetry.ts'

const service = process.env.AWS_LAMBDA_FUNCTION_NAME ?? 'ragstream-edge'

export const logger = new Logger({ serviceName: service })
export const metrics = new Metrics({ namespace: 'ragstream-edge', serviceName: service })

export const telemetry: Telemetry = {
  info: (message, data = {}) => logger.info(message, data),
  warn: (message, data = {}) => logger.warn(message, data),
  error: (message, data = {}) => logger.error(message, data),
  count: (metric, value = 1) => metrics.addMetric(metric, MetricUnit.Count, value),
  measure: (metric, ms) => metrics.addMetric(metric, MetricUnit.Milliseconds, ms),
}
