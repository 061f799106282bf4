// npm run lab:third -- [--only TEXT] [--group TEXT] [--update] [--page] [--record] [--list] [--command PATH] [--evidence FOLDER]
import { fileURLToPath } from 'node:url'
import { runSet } from '../set/command.ts'
import { lookWithBoth } from '../set/look.ts'
import { GROUPS } from './groups.ts'

const INTRODUCTION = `# Laboratory: the third set

\`npm run lab:third\` makes situations as people meet them that neither the [laboratory](laboratory.md)
nor the [second set](laboratory-second.md) has: rTorrent, settings and states of real clients, habits of
other implementations, services behind multiplexers and proxies, path faults, and what a user mistypes.
They were built, and their truths written down, by somebody who had not read the decisions of
\`peerwire why\`, and before any of them ran against it. \`connect\` runs first, unless that changes the
situation. \`test/lab/third/first-run.json\` has the words of every answer of the first run, which was
made on a busy machine with the command of commit f08778c, and stays as it is.

The marks are those of the second set, with two additions. A cause that what can be seen contradicts may
not be named at all: that is wrong, however carefully it is said. And some situations say which cause has
to come first.

Faults of the set, found in its first run:

- Rebuilt and run again, with their first answers dropped: the two firewalls that reject with a reset
  (the router dropped the packets; \`why\` said \`filtered\` and \`tcp-filtered\`, which was true then) and
  Transmission without a free file descriptor (it had one, and served).
- Replaced: Transmission with files that it takes on trust. It does not: it had no piece, and \`why\` said
  so.
- "libtorrent has one upload slot" is marked wrong. libtorrent unchoked us, so \`works\` is true.
- "rTorrent requires RC4" is marked wrong. rTorrent asks for encryption in its extension handshake, so it
  can be certain.
- "a link-local address without its zone" is marked silent. The error message says what is wrong; no
  cause has a code for it.
- "a proxy for SYN that swallows data" is marked wrong. \`works\` is true over uTP; what is missing is that
  TCP does not work.
- "a seeder that closes on the name in our extension handshake" is marked wrong for \`bits-refused\`, whose
  text, "a first message of ours", can be read as true.

Truths added after the first run, because the repair made a code for what is seen: \`closes-before-serving\`
for the three connections that end before a request, and \`protocol-broken\` for the peer that repeats our
peer id.`

await runSet({
  groups: GROUPS,
  look: lookWithBoth,
  introduction: INTRODUCTION,
  page: 'docs/laboratory-third.md',
  firstRun: fileURLToPath(new URL('first-run.json', import.meta.url)),
})
