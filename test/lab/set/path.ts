import { setTimeout as delay } from 'node:timers/promises'
import type { Socket } from 'node:net'
import { isPlaintext, passThrough, type Path } from '../network/relay.ts'

type Join = (path: Path) => void

/** Passes closes and resets on. */
function passEnds(from: Socket, to: Socket): void {
  from.on('end', () => to.end())
  from.on('error', () => to.resetAndDestroy())
  from.on('close', () => to.destroySoon())
}

/** Passes both directions through `change`, which returns what of a chunk passes, or undefined for nothing any more. */
function passChanged(
  { visitor, peer }: Path,
  change: (chunk: Buffer, direction: 'in' | 'out') => Buffer | undefined,
): void {
  visitor.on('data', (chunk: Buffer) => {
    const passed = change(chunk, 'out')
    if (passed !== undefined) peer.write(passed)
  })
  peer.on('data', (chunk: Buffer) => {
    const passed = change(chunk, 'in')
    if (passed !== undefined) visitor.write(passed)
  })
}

/** Ends both sides after so many bytes of the peer. */
export function cuttingAfter(bytes: number, how: 'fin' | 'rst'): Join {
  return (path) => {
    const { visitor, peer } = path
    let left = bytes
    visitor.on('data', (chunk: Buffer) => peer.write(chunk))
    passEnds(visitor, peer)
    peer.on('end', () => visitor.end())
    peer.on('data', (chunk: Buffer) => {
      const passed = chunk.subarray(0, left)
      left -= passed.length
      visitor.write(passed, () => {
        if (left > 0) return
        peer.destroy()
        if (how === 'rst') visitor.resetAndDestroy()
        else visitor.end()
      })
    })
  }
}

/** Everything takes this much longer, in each direction. */
export function delaying(ms: number): Join {
  return ({ visitor, peer }) => {
    for (const [from, to] of [
      [visitor, peer],
      [peer, visitor],
    ] as const) {
      let order = Promise.resolve()
      const later = (act: () => void) => {
        const due = performance.now() + ms
        order = order.then(async () => {
          await delay(Math.max(0, due - performance.now()))
          act()
        })
      }
      from.on('data', (chunk: Buffer) => later(() => to.write(chunk)))
      from.on('end', () => later(() => to.end()))
      from.on('error', () => to.resetAndDestroy())
    }
  }
}

/** After the handshake of the peer nothing passes in either direction, and nothing is closed. */
export const droppingAfterHandshake: Join = (path) => {
  let left = 68
  passChanged(path, (chunk, direction) => {
    if (left <= 0) return undefined
    if (direction === 'out') return chunk
    const passed = chunk.subarray(0, left)
    left -= passed.length
    return passed
  })
  path.visitor.on('close', () => path.peer.destroy())
}

/** Resets as soon as the peer, not the visitor, says the name of the protocol. */
export const resettingTheAnswer: Join = (path) => {
  path.peer.once('data', (first: Buffer) => {
    if (first.subarray(1, 20).toString('latin1') === 'BitTorrent protocol') {
      path.peer.resetAndDestroy()
      path.visitor.resetAndDestroy()
      return
    }
    path.visitor.write(first)
    path.peer.pipe(path.visitor)
  })
  path.visitor.pipe(path.peer)
  path.visitor.on('error', () => path.peer.resetAndDestroy())
}

/** A packet of the peer above this length is lost, and with it what comes after it, as behind a hole of the path MTU. */
export function losingLarge(bytes: number): Join {
  return (path) => {
    let isStuck = false
    passChanged(path, (chunk, direction) => {
      if (direction === 'out') return chunk
      isStuck ||= chunk.length > bytes
      return isStuck ? undefined : chunk
    })
    path.visitor.on('close', () => path.peer.destroy())
    path.peer.on('end', () => {
      if (!isStuck) path.visitor.end()
    })
  }
}

/** Inverts a byte every 4 KiB of what the peer sends, from the second on. */
export const damaging: Join = (path) => {
  let passed = 0
  passChanged(path, (chunk, direction) => {
    if (direction === 'out') return chunk
    const changed = Buffer.from(chunk)
    for (let at = 4096 - (passed % 4096); at < chunk.length; at += 4096) changed[at] = (chunk[at] ?? 0) ^ 0xff
    passed += chunk.length
    return changed
  })
  passEnds(path.visitor, path.peer)
  path.peer.on('end', () => path.visitor.end())
}

/** What the peer sends passes at this rate, in bytes a second. */
export function narrow(bytesPerSecond: number): Join {
  return ({ visitor, peer }) => {
    let waiting = Buffer.alloc(0)
    visitor.pipe(peer)
    peer.on('data', (chunk: Buffer) => (waiting = Buffer.concat([waiting, chunk])))
    const timer = setInterval(() => {
      const share = Math.ceil(bytesPerSecond / 10)
      if (waiting.length > 0) visitor.write(waiting.subarray(0, share))
      waiting = waiting.subarray(share)
    }, 100)
    visitor.on('close', () => {
      clearInterval(timer)
      peer.destroy()
    })
  }
}

/** What is done with each connection, by its number from 0. */
export function byNumber(pick: (number: number) => Join): Join {
  let number = 0
  return (path) => pick(number++)(path)
}

/** Accepts and closes without a byte, once the visitor has sent something. */
export const refusing: Join = ({ visitor, peer }) => {
  peer.destroy()
  visitor.once('data', () => visitor.end())
}

export const resetting: Join = ({ visitor, peer }) => {
  peer.destroy()
  visitor.resetAndDestroy()
}

/** Accepts, and nothing more. */
export const swallowing: Join = ({ visitor, peer }) => {
  peer.destroy()
  visitor.resume()
}

/** Accepts, looks for its backend for a while, and closes. */
export function withoutBackendAfter(ms: number): Join {
  return ({ visitor, peer }) => {
    peer.destroy()
    visitor.resume()
    const timer = setTimeout(() => visitor.end(), ms)
    visitor.on('close', () => clearTimeout(timer))
  }
}

/** The first connections within a minute pass, the others go to `then`. */
export function firstOfAMinute(count: number, then: Join): Join {
  let times: number[] = []
  return (path) => {
    const now = performance.now()
    times = times.filter((time) => now - time < 60_000)
    if (times.length >= count) return then(path)
    times.push(now)
    passThrough(path)
  }
}

/** By how the visitor begins: a plaintext handshake, whose first bytes are passed on before, or anything else. */
export function byBeginning(plaintext: Join, other: (path: Path, first: Buffer) => void): Join {
  return (path) => {
    path.visitor.once('data', (first: Buffer) => {
      if (!isPlaintext(first)) return other(path, first)
      path.peer.write(first)
      plaintext(path)
    })
  }
}

/** Passes all, until nothing has passed for so long; then nothing passes any more, and nothing is closed. */
export function forgettingAfter(ms: number): Join {
  return (path) => {
    let last = performance.now()
    let isForgotten = false
    passChanged(path, (chunk) => {
      const now = performance.now()
      isForgotten ||= now - last > ms
      last = now
      return isForgotten ? undefined : chunk
    })
    path.visitor.on('close', () => path.peer.destroy())
    path.peer.on('end', () => {
      if (!isForgotten && performance.now() - last <= ms) path.visitor.end()
    })
  }
}

/** Resets every connection so long after it was made. */
export function resettingAfter(ms: number): Join {
  return (path) => {
    passThrough(path)
    const timer = setTimeout(() => {
      path.visitor.resetAndDestroy()
      path.peer.resetAndDestroy()
    }, ms)
    path.visitor.on('close', () => clearTimeout(timer))
  }
}

/** Who comes back before so long after the last attempt goes to `then`. */
export function notSooner(ms: number, then: Join): Join {
  let last = -Infinity
  return (path) => {
    const now = performance.now()
    const isTooSoon = now - last < ms
    last = now
    if (isTooSoon) then(path)
    else passThrough(path)
  }
}

/** Says something to the peer in front of what the visitor says. */
export function introducing(words: string): Join {
  return (path) => {
    path.peer.write(words)
    passThrough(path)
  }
}

/** Closes who has said nothing so long after the connection was made. */
export function impatient(ms: number): Join {
  return (path) => {
    const timer = setTimeout(() => {
      path.visitor.end()
      path.peer.destroy()
    }, ms)
    path.visitor.once('data', (first: Buffer) => {
      clearTimeout(timer)
      path.peer.write(first)
      passThrough(path)
    })
    path.visitor.on('close', () => clearTimeout(timer))
  }
}
