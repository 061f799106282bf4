/** The meaning of each key of the extension handshake (BEP 10), in at most 20 characters. */
export const EXTENSION_KEYS: ReadonlyMap<string, string> = new Map([
  ['v', 'client'],
  ['p', 'port it listens on'],
  ['reqq', 'requests it queues'],
  ['yourip', 'our address, to it'],
  ['ipv4', 'its IPv4 address'],
  ['ipv6', 'its IPv6 address'],
  ['metadata_size', 'metadata, in bytes'],
  ['upload_only', '1: wants no data'],
  ['e', '1: prefers encryption'],
  ['complete_ago', 's since a full copy'],
  ['share_mode', '1: shares only'],
  ['tr', 'tracker list hash'],
])
