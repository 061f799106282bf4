import { explain } from '../../report/model/explain.ts'
import { defineCommand } from '../command/row.ts'
import { OUTPUT_FLAGS } from '../flags/output.ts'
import { usage } from '../options.ts'

export const command = defineCommand({
  description:
    'Explain a word of a report: an exit code, an error code, a finding, a message, a bit, a peer id, an extension, a fault, a phase, a BEP.',
  words: {
    usage: '[WORD]',
    description: 'what to explain; without it, everything is listed',
    completion: async () => {
      const { explain } = await import('../../run/explain.ts')
      return explain(undefined)
        .topics.map(({ id }) => id)
        .filter((id) => !id.includes(' '))
    },
  },
  flags: OUTPUT_FLAGS,
  examples: [
    ['explain', 'list everything'],
    ['explain 4', 'exit code 4, and message 4'],
    'explain E_HANDSHAKE_CLOSED',
    'explain bitfield-spare-bits',
    'explain have-all',
    ['explain -TR3000-', 'a peer id, or how it begins'],
  ],
  document: explain,
  arrange: peerIdLast,
  options: (words) => ({ code: readCode(words) }),
  useCase: async ({ code }: { readonly code: string | undefined }) =>
    (await import('../../run/explain.ts')).explain(code),
  text: async () => {
    const { renderExplainText } = await import('../../report/text/explain.ts')
    return (report, paper, { words }) =>
      renderExplainText(report, { ...paper, listing: readCode(words) === undefined })
  },
})

/** A peer id starts with a dash like a flag; after `--` it is not parsed as one. */
function peerIdLast(args: readonly string[]): readonly string[] {
  const isPeerId = (arg: string) => /^-[A-Za-z~][0-9A-Za-z~](?:-$|[0-9A-Za-z]{2,})/.test(arg)
  if (args.includes('--') || !args.some(isPeerId)) return args
  return [...args.filter((arg) => !isPeerId(arg)), '--', ...args.filter(isPeerId)]
}

/** One code, optionally preceded by the word for its kind: `exit 4`, `message 20`, `bit 20`. */
function readCode([first, second, ...rest]: readonly string[]): string | undefined {
  if (second === undefined) return first
  const isKind =
    /^(?:exit|code|exit-?code|error|finding|message|peer-?id|reserved-?bit|bit|bep|extension|fault|phase|outcome|cause)$/i.test(
      first ?? '',
    )
  // a client may have several words in its name
  if (!isKind) return [first, second, ...rest].join(' ')
  if (rest.length > 0) throw usage('more than one word', 'use one word at a time')
  const numbered = /(bit|bep)$/i.exec(first ?? '')?.[1]
  return numbered !== undefined && /^\d+$/.test(second) ? `${numbered.toLowerCase()}-${second}` : second
}
