// SNS topics, which keep what was published to them, and events that callers put onto the bus.

import { removeOne, setOne } from './share.ts'
import { type EventDraft, type Handler, quiet, uuid } from './transition.ts'
import { type Publication, ServiceError, type Topic, type World } from './types.ts'

export const createTopic: Handler<'CreateTopic'> = (state, { arn }) =>
  state.topics.has(arn) ? quiet(state) : quiet(withTopic(state, { arn, published: [] }))

export const deleteTopic: Handler<'DeleteTopic'> = (state, { arn }) =>
  quiet({ ...state, topics: removeOne(state.topics, arn) })

export const publish: Handler<'Publish'> = (state, { arn, subject, message, attributes }, now) => {
  const topic = state.topics.get(arn)
  if (topic === undefined) throw new ServiceError('NotFound', 'Topic does not exist', 404)
  check(subject, message)
  const publication: Publication = { id: uuid(state.serial), at: now, subject, message, attributes }
  const published = [...topic.published, publication]
  return quiet(withTopic({ ...state, serial: state.serial + 1 }, { ...topic, published }), publication)
}

/** https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
function check(subject: string | null, message: string): void {
  const invalid = (what: string) => new ServiceError('InvalidParameter', `Invalid parameter: ${what}`)
  if (message === '') throw invalid('Empty message')
  if (Buffer.byteLength(message) > 262_144) throw invalid('Message too long')
  if (subject !== null && !/^(?=[\x21-\x7e])[\x20-\x7e]{1,100}$/.test(subject)) throw invalid('Subject')
}

const withTopic = (state: World, topic: Topic): World => ({ ...state, topics: setOne(state.topics, topic.arn, topic) })

/** The reply's ids are those that the events bear. */
export const putEvents: Handler<'PutEvents'> = (state, { entries }, now) => {
  const events = entries.map(
    ({ source, detailType, detail, resources }): EventDraft => ({ at: now, source, detailType, detail, resources }),
  )
  return { state, events, reply: entries.map((_, i) => uuid(state.serial + i)) }
}
