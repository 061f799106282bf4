const HEX = '0123456789abcdef0123456789abcdef01234567'
const BASE32 = 'AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH'
const V2 = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'

/** The topic of a link. */
const TOPICS = [
  `xt=urn:btih:${HEX}`,
  `xt=urn:btih:${HEX.toUpperCase()}`,
  `xt=urn:btih:${BASE32}`,
  `xt=urn:btih:${BASE32.toLowerCase()}`,
  `xt=urn:btmh:1220${V2}`,
  `xt=urn:btih:${HEX}&xt=urn:btmh:1220${V2}`,
  `xt.1=urn:btih:${HEX}&xt.2=urn:btmh:1220${V2}`,
  `xt=urn%3Abtih%3A${HEX}`,
  `xt=urn:btih:${HEX}&xt=urn:btih:${HEX}`,
  `xt=urn:btih:${HEX}&xt=urn:btih:${'ff'.repeat(20)}`,
  `xt=urn:sha1:AAAA&xt=urn:btih:${HEX}`,
  `xt=urn:btih:${V2}`,
  `xt=urn:btih:${HEX.slice(1)}`,
  `xt=urn:btih:${HEX}0`,
  `xt=urn:btih:${'g'.repeat(40)}`,
  `xt=urn:btih:${'1'.repeat(32)}`,
  `xt=urn:btih:`,
  `xt=urn:btmh:1220${HEX}`,
  `xt=urn:btmh:1114${HEX}`,
  `xt=`,
  `xt`,
  `dn=no-topic`,
]

/** What surrounds it. */
const SURROUNDINGS: readonly ((topic: string) => string)[] = [
  (topic) => `magnet:?${topic}`,
  (topic) => `magnet:?dn=a+b%20c&${topic}&tr=http%3A%2F%2Ft%2Fa&tr=udp://u:1/&ws=http://w/`,
  (topic) =>
    `magnet:?${topic}&x.pe=1.2.3.4:5&x.pe=[2001:db8::1]:6&x.pe=host:7&x.pe=nope&x.pe=1.2.3.4:0&x.pe=1.2.3.4:70000`,
  (topic) => `magnet:?dn=a#b&${topic}`,
  (topic) => `magnet:?${topic}#fragment`,
  (topic) => `magnet:?${topic}&dn=%e4%b8%8b&xl=abc&so=0-2,x&kt=a+b&mt=http://m/`,
  (topic) => `magnet:?&&=&${topic}&`,
  (topic) => `magnet:?dn=&${topic}`,
]

/** Each topic in each surrounding. */
export function oddMagnets(): readonly string[] {
  return TOPICS.flatMap((topic) => SURROUNDINGS.map((around) => around(topic)))
}
