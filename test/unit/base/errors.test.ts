import { expect, test } from 'vitest'
import { PeerError } from '../../../src/base/errors.ts'

test('with changes what is given and keeps the rest', () => {
  const details = { phase: 'handshake', offset: 3, reference: 'BEP 3', hint: 'wait', cause: 'x' } as const
  const error = new PeerError('E_NOT_BITTORRENT', 'odd', details)
  expect(error.with({ message: 'odder', phase: 'encryption', hint: undefined })).toMatchObject({
    ...details,
    code: 'E_NOT_BITTORRENT',
    message: 'odder',
    phase: 'encryption',
  })
  expect(error.with({})).not.toBe(error)
})
