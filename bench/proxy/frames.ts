// WebSocket frames of one length (RFC 6455, 5.2): a message of 64 bytes from the browser, masked, and the app's answer, not masked.
const LENGTH = 64
const MASK = [1, 2, 3, 4]

export const FROM_BROWSER = Buffer.concat([
  Buffer.from([0x82, 0x80 | LENGTH, ...MASK]),
  Buffer.from(Array.from({ length: LENGTH }, (_, i) => 0x61 ^ MASK[i % 4]!)),
])
export const FROM_APP = Buffer.concat([Buffer.from([0x82, LENGTH]), Buffer.alloc(LENGTH, 0x61)])
