import type { PeerError } from '../../../src/base/errors.ts'
import type { OutputFile } from '../../../src/net/files/output-file.ts'

/** An output file that exists only here. */
export interface MemoryFile extends OutputFile {
  readonly written: Uint8Array[]
  state: 'open' | 'named' | 'removed'
}

/** @param fault what every write fails with */
export function memoryFile(fault?: PeerError): MemoryFile {
  const file: MemoryFile = {
    written: [],
    state: 'open',
    write: (bytes) => {
      if (fault !== undefined) return Promise.reject(fault)
      file.written.push(bytes)
      return Promise.resolve()
    },
    commit: () => {
      file.state = 'named'
      return Promise.resolve()
    },
    discard: () => {
      if (file.state === 'open') file.state = 'removed'
      return Promise.resolve()
    },
  }
  return file
}
