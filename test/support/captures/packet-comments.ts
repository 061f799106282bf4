import { readCapture } from './capture-files.ts'

/** What is remarked on a packet of a capture, and where the packet is. */
export interface PacketComment {
  /** Of the packet in the file, from 0. */
  readonly packet: number
  readonly text: string
}

export function commentsIn(capture: Uint8Array): readonly PacketComment[] {
  return readCapture([capture]).flatMap(({ comments = [] }, packet) =>
    comments.map((text) => ({ packet, text })),
  )
}

/** The findings that the comments of a capture are about, each once. */
export function remarkedFindings(capture: Uint8Array): readonly string[] {
  const ids = commentsIn(capture).flatMap(({ text }) => /\[([a-z0-9-]+), [^\]]*\]$/.exec(text)?.[1] ?? [])
  return [...new Set(ids)].toSorted()
}
