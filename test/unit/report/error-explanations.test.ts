import { expect, test } from 'vitest'
import { ERROR_EXPLANATIONS } from '../../../src/report/explain/error-explanations.ts'

// what fetch leaves behind is shown by test/unit/run/fetch and test/installed/files-process.test.ts
test.each(['E_DISK_FULL', 'E_INTERRUPTED', 'E_TERMINATED'] as const)(
  '%s says that fetch writes in place, and that the other commands do not',
  (code) => {
    expect(ERROR_EXPLANATIONS[code]).toContain('fetch writes directly to the output files')
    expect(ERROR_EXPLANATIONS[code]).toContain('The other commands do not leave a partial output file')
  },
)
