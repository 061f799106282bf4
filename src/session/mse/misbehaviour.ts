/** The first part of a responder's answer. */
export interface MseKeyAnswer {
  /** 96 bytes from an honest responder. */
  readonly publicKey: Uint8Array
  /** PadB. */
  readonly pad: Uint8Array
}

/** The second part of a responder's answer, before it is encrypted. */
export interface MseSelectAnswer {
  /** Eight zero bytes from an honest responder. */
  readonly verificationConstant: Uint8Array
  /** crypto_select, 32 bits. */
  readonly select: number
  /** The announced length of `pad`. */
  readonly padLength: number
  /** PadD. */
  readonly pad: Uint8Array
}

/** What a responder does wrong on purpose, to test initiators. Each function changes one part of its answer. */
export interface MseMisbehaviour {
  /** After the public key: `close` closes, `stall` sends nothing more and keeps the connection open. */
  readonly stop?: 'close' | 'stall'
  readonly key?: (answer: MseKeyAnswer) => MseKeyAnswer
  /** @param offered crypto_provide as received */
  readonly select?: (answer: MseSelectAnswer, offered: number) => MseSelectAnswer
  /** Changes a copy of the encrypted bytes that follow the handshake. */
  readonly stream?: (bytes: Uint8Array) => Uint8Array
}

/** Applies several in order. The earliest `stop` wins. */
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
