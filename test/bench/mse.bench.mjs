// Message stream encryption against bittorrent-protocol: `node test/bench/mse.bench.mjs`. The contenders take turns,
// so that a busy machine slows all of them; the ratio is of the medians.
import { createDiffieHellman, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
// not part of its public entry, hence by file
import { MessageStreamEncryptor } from '../../node_modules/bittorrent-protocol/mse.js'

const ROUNDS = 7
const STREAM_LENGTH = 64 * 1024 * 1024
const CHUNK_LENGTH = 16_384
const INFO_HASH = Buffer.from('0123456789abcdef0123456789abcdef01234567', 'hex')

const {
  bigintDiffieHellman,
  indexTorrents,
  MSE_GENERATOR,
  MSE_PRIME,
  MseInitiator,
  MseResponder,
  padPublicKey,
  Rc4,
} = await loadSources()
const nativeDiffieHellman = shareNativeGroup()

compare('RC4, 64 MiB in chunks of 16 KiB', {
  'bittorrent-protocol': theirRc4(),
  'peerwire, in place': ourRc4('applyInPlace'),
  'peerwire, to a copy': ourRc4('apply'),
})
compare('handshake, both sides', {
  'bittorrent-protocol': theirHandshake,
  'peerwire, one shared native group': () => ourHandshake(nativeDiffieHellman),
  'peerwire, BigInt': () => ourHandshake(bigintDiffieHellman),
})

function theirRc4() {
  const encryptor = new MessageStreamEncryptor(INFO_HASH.toString('hex'))
  encryptor.S = new Uint8Array(96).fill(1)
  encryptor._initializeCiphers('A')
  return overStream((chunk) => encryptor.encryptCipher(chunk))
}

function ourRc4(method) {
  const cipher = new Rc4(INFO_HASH, 1024)
  return overStream((chunk) => cipher[method](chunk))
}

function overStream(useChunk) {
  const stream = new Uint8Array(STREAM_LENGTH)
  return () => {
    for (let at = 0; at < stream.length; at += CHUNK_LENGTH) useChunk(stream.subarray(at, at + CHUNK_LENGTH))
  }
}

/** Its steps in the order of the protocol, without a socket: keys, request, answer, and the ciphers of both sides. */
function theirHandshake() {
  const a = new MessageStreamEncryptor(INFO_HASH.toString('hex'))
  const b = new MessageStreamEncryptor(INFO_HASH.toString('hex'))
  b.handleStepB1(a.generateStepA1())
  a.handleStepA2(b.generateStepB2())
  b._initializeCiphers('B')
  b.getSyncPattern()
  b.decryptCipher(a.generateStepA3().subarray(40))
  a.decryptCipher(b.generateStepB4())
}

function ourHandshake(diffieHellman) {
  const options = () => ({
    diffieHellman,
    stepTimeoutMs: 10_000,
    randomness: {
      privateKey: randomBytes(20),
      publicKeyPad: randomBytes(Math.floor(Math.random() * 513)),
      encryptedPad: randomBytes(Math.floor(Math.random() * 513)),
    },
  })
  const initialPayload = new Uint8Array()
  const a = new MseInitiator({
    ...options(),
    infoHash: INFO_HASH,
    provide: ['plaintext', 'rc4'],
    initialPayload,
  })
  const findTorrent = indexTorrents([INFO_HASH])
  const b = new MseResponder({ ...options(), findTorrent, allow: ['rc4'], plaintext: 'refuse' })
  const pass = (to, sent) => sent.flatMap((bytes) => to.step({ type: 'bytes', bytes, at: 0 }).send)
  const keys = pass(b, a.step({ type: 'connected', at: 0 }).send)
  const [answer] = pass(b, pass(a, keys))
  const { events } = a.step({ type: 'bytes', bytes: answer, at: 0 })
  if (events.at(-1)?.type !== 'established') throw new Error('the handshake failed')
}

/** One group object for all connections: making one checks the prime, which takes 25 ms. */
function shareNativeGroup() {
  const group = createDiffieHellman(MSE_PRIME, 'hex', MSE_GENERATOR)
  return {
    publicKey(privateKey) {
      group.setPrivateKey(privateKey)
      return padPublicKey(group.generateKeys())
    },
    sharedSecret(privateKey, publicKey) {
      group.setPrivateKey(privateKey)
      return padPublicKey(group.computeSecret(publicKey))
    },
  }
}

function compare(title, contenders) {
  const names = Object.keys(contenders)
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -3; round < ROUNDS; round++)
    for (const name of names) {
      const start = performance.now()
      contenders[name]()
      // the rounds before the first warm up
      if (round >= 0) times[name].push(performance.now() - start)
    }
  const base = spread(times[names[0]]).median
  console.log(`${title}\n${' '.repeat(36)}   min ms   median      max   ratio`)
  for (const name of names) {
    const { min, median, max } = spread(times[name])
    const columns = [min, median, max].map((ms) => ms.toFixed(2).padStart(9)).join('')
    console.log(`  ${name.padEnd(34)}${columns}${(base / median).toFixed(1).padStart(7)}x`)
  }
}

function spread(times) {
  const sorted = times.toSorted((a, b) => a - b)
  return { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted.at(-1) }
}

async function loadSources() {
  const directory = mkdtempSync(join(tmpdir(), 'peerwire-bench-'))
  const resolveDir = fileURLToPath(new URL('../..', import.meta.url))
  const files = ['wire/mse.ts', 'wire/rc4.ts', 'session/mse-initiator.ts', 'session/mse-responder.ts']
  try {
    const outfile = join(directory, 'mse.mjs')
    const stdin = { contents: files.map((file) => `export * from './src/${file}'`).join('\n'), resolveDir }
    await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
