// A page that starts the site and leads there: the field `door` of a site.
import * as v from 'valibot'
import type { FieldError } from '../field-error.ts'
import { field, orNull, PATH_PART, text, whole, wholeNumber } from '../schema.ts'

/** No control characters, no marks that hide or turn the direction of text, no halves of a surrogate pair. */
const VISIBLE =
  '([^\\0-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])'

const line = (most: number) => orNull(text(whole(`${VISIBLE}{1,${most}}`), `one line of 1 to ${most} characters`))
const starts = wholeNumber(1, 24, 'starts')

export const doorSchema = v.strictObject({
  title: field(line(80), null, 'What the page calls the site. null: the hostname.'),
  note: field(line(500), null, 'A line for visitors. null: none.'),
  perDay: field(starts, 12, 'Starts through the door on one day (UTC).'),
  perHour: field(starts, 3, 'Starts through the door within 60 minutes.'),
  passwordPath: field(
    orNull(text(whole(`${PATH_PART}+`), 'a Parameter Store path, such as /ragstream/door')),
    null,
    'Parameter (SecureString) that `./edge secrets door` writes. A visitor who starts the site must know the password. null: none.',
  ),
})

export type Door = v.InferOutput<typeof doorSchema>

export interface WithDoor {
  readonly door: Door | null
  readonly onStop: string
}

/** A name that vanishes is remembered for 15 minutes, and a kept one leads to a stranger: nobody could be led there in time. */
export function doorErrors({ door, onStop }: WithDoor): FieldError[] {
  if (door === null || onStop === 'park') return []
  return [{ path: 'onStop', found: JSON.stringify(onStop), wanted: '"park", which a door needs' }]
}
