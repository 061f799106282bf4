import type { Command } from '../command/row.ts'

/** A command in the table: its summary in the help, and how to load its row on demand. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly command: Command }>
}

/** Every command, in the order of the help. */
// prettier-ignore
export const COMMANDS = {
  connect: { summary: 'who is there, and what does it claim to have', load: () => import('./connect.ts') },
  why: { summary: 'why does it not work: what to fix first, and the evidence', load: () => import('./why.ts') },
  reach: { summary: 'is the port open, and does a BitTorrent client answer', load: () => import('./reach.ts') },
  scan: { summary: 'which of many peers are usable', load: () => import('./scan.ts') },
  'fetch-block': { summary: 'fetch bytes of one piece, timed and verified', load: () => import('./fetch-block.ts') },
  fetch: { summary: 'fetch pieces or the whole torrent, verified and resumable', load: () => import('./fetch.ts') },
  metadata: { summary: 'fetch the info dictionary and write a .torrent', load: () => import('./metadata.ts') },
  serve: { summary: 'serve a torrent to clients under test, strictly or with faults', load: () => import('./serve.ts') },
  decode: { summary: 'dissect a capture, a trace or a stream of messages', load: () => import('./decode.ts') },
  explain: { summary: 'what a code, a finding, a message or a peer id means', load: () => import('./explain.ts') },
  demo: { summary: 'see it at work, with nothing to set up', load: () => import('./demo.ts') },
  completion: { summary: 'a completion script for bash, zsh or fish', load: () => import('./completion.ts') },
} as const satisfies { readonly [name: string]: CommandEntry }

export type CommandName = keyof typeof COMMANDS

export const COMMAND_NAMES = Object.keys(COMMANDS) as readonly CommandName[]
