import { execFileSync } from 'node:child_process'

/** Creates a named pipe, which Node cannot do. */
export function makeNamedPipe(path: string): void {
  execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', path])
}
