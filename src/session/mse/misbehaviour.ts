/** The first thing that a responder says. */
export interface MseKeyAnswer {
  /** 96 bytes of an honest one. */
  readonly publicKey: Uint8Array
  /** PadB. */
  readonly pad: Uint8Array
}

/** The second thing that a responder says, before it is encrypted. */
export interface MseSelectAnswer {
  /** Eight zero bytes of an honest one. */
  readonly verificationConstant: Uint8Array
  /** crypto_select, 32 bits. */
  readonly select: number
  /** The length that is said to be that of `pad`. */
  readonly padLength: number
  /** PadD. */
  readonly pad: Uint8Array
}

/** What a responder does wrong on purpose, to test initiators; each member stands for one thing that it says. */
export interface MseMisbehaviour {
  /** Behind the public key: `close` closes, `stall` says nothing more, and stays. */
  readonly stop?: 'close' | 'stall'
  readonly key?: (answer: MseKeyAnswer) => MseKeyAnswer
  /** @param offered crypto_provide as it came */
  readonly select?: (answer: MseSelectAnswer, offered: number) => MseSelectAnswer
  /** Changes a copy of what follows the handshake, encrypted as it is. */
  readonly stream?: (bytes: Uint8Array) => Uint8Array
}

/** Does one after the other. What stops earliest stops. */
export function combineMisbehaviour(all: readonly MseMisbehaviour[]): MseMisbehaviour {
  const stop = STOPS.find((how) => all.some((one) => one.stop === how))
  return {
    ...(stop === undefined ? {} : { stop }),
    key: (answer) => all.reduce((said, { key }) => key?.(said) ?? said, answer),
    select: (answer, offered) => all.reduce((said, { select }) => select?.(said, offered) ?? said, answer),
    stream: (bytes) => all.reduce((said, { stream }) => stream?.(said) ?? said, bytes),
  }
}

const STOPS = ['close', 'stall'] as const
