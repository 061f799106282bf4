// npm run lab:second -- [--only TEXT] [--group TEXT] [--update] [--list] [--command PATH] [--evidence FOLDER]
import { fileURLToPath } from 'node:url'
import { runSet } from '../set/command.ts'
import { lookWithWhy } from '../set/look.ts'
import { GROUPS } from './groups.ts'

const INTRODUCTION = `# Laboratory: the second set

\`npm run lab:second\` makes situations that differ from those of the [laboratory](testing.md#laboratory).
They were built, and their true causes written down, without reading the decisions of \`peerwire why\` or
the first set, but with the texts of \`peerwire explain\`, which describe each cause.
62 were written before any of them ran. Six were added after the results of those were known: the limit
freed after the first connection, the torrent resumed and the client started after our first one, the
full libtorrent whose other peer leaves, the reset after 30 bytes, and HTTP and SSH on one port. In the
first run five of these six are right and one is wrong; of the 62, 46 are right, 2 partial, 7 silent and
7 wrong. "A proxy that resets after 20 000 bytes" is right because \`unexplained\` was accepted there. For
"a peer that chokes after the first block", an answer to a similar fault had been seen before.
"First run" is how the command of that day did, and stays as it is. "Last run" is the last
\`npm run lab:second -- --update\`.

- **right**: every true cause is named, and a true one, or one that looks the same, comes first.
- **partial**: a true cause is named, and another one comes first or a second true one is missing.
- **silent**: no true cause is named.
- **wrong**: a cause is called certain that is false or that nobody can know from outside.

Where several causes are joined with "or", each of them is a true answer: the situation changes, or
has several names. "Looks the same" lists what may be named as well, and not as certain.

Three marks of the first run are due to the set itself:

- "uTP only and its files are gone" was marked wrong. libtorrent does reject the request, so
  \`rejects-requests\` is true as well.
- "an SMTP server that waits 8 s" was marked silent. \`not-bittorrent\` is true, so it is partial.
- "a limit of open files" was marked silent. The command could not open its own files, and its error
  message reports the limit. (Before that, a limit of 24 files was tried, which limits nothing.)`

await runSet({
  groups: GROUPS,
  look: lookWithWhy,
  introduction: INTRODUCTION,
  page: 'docs/laboratory-second.md',
  firstRun: fileURLToPath(new URL('first-run.json', import.meta.url)),
})
