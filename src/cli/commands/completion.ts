import { VERSION } from '../../base/version.ts'
import { completion, type CompletionReport, SHELLS } from '../../report/model/completion.ts'
import { defineCommand } from '../command/row.ts'
import { OUTPUT_FLAGS } from '../flags/output.ts'
import { usage } from '../options.ts'

type Shell = (typeof SHELLS)[number]

export const command = defineCommand({
  description: 'Print a completion script for a shell. It completes commands, flags, and their values.',
  words: { usage: '(bash | zsh | fish)', description: 'the shell', completion: SHELLS },
  flags: OUTPUT_FLAGS,
  examples: [
    ['completion bash > ~/.local/share/bash-completion/completions/peerwire', ''],
    ['completion zsh > ~/.zfunc/_peerwire', ''],
    ['completion fish > ~/.config/fish/completions/peerwire.fish', ''],
  ],
  page: ['Shells', 'shells.md'],
  document: completion,
  options: (words, _, { startedAt }) => ({ shell: readShell(words), startedAt: startedAt.toISOString() }),
  useCase: async ({ shell, startedAt }: { readonly shell: Shell; readonly startedAt: string }) =>
    ({
      schema: 'peerwire.completion/1',
      version: VERSION,
      ok: true,
      exitCode: 0,
      error: null,
      verdict: `a completion script for ${shell}`,
      startedAt,
      redacted: null,
      shell,
      script: await scriptOf(shell),
    }) satisfies CompletionReport,
  text: () => Promise.resolve(printScript),
})

function printScript({ script }: CompletionReport): string {
  return script ?? ''
}

function readShell([word, ...rest]: readonly string[]): Shell {
  if (word === undefined) throw usage('the shell is missing', 'use bash, zsh or fish')
  const shell = SHELLS.find((name) => name === word)
  if (shell === undefined) throw usage(`"${word.slice(0, 40)}" is not a shell`, 'use bash, zsh or fish')
  if (rest.length > 0) throw usage('more than one shell', 'use one of bash, zsh and fish')
  return shell
}

async function scriptOf(shell: Shell): Promise<string> {
  const { completedCommands } = await import('../completion/model.ts')
  const commands = await completedCommands()
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashScript(commands)
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshScript(commands)
    case 'fish':
      return (await import('../completion/fish.ts')).fishScript(commands)
  }
}
