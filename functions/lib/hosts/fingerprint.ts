// Twelve hexadecimal digits by which a text is told apart from another.
import { createHash } from 'node:crypto'

export const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
