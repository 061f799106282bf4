import { expect, test } from 'vitest'
import { writeError } from '../../../../src/net/files/write-error.ts'

test.each([
  ['ENOSPC', 'E_DISK_FULL', 'cannot write out: no space is left on the device'],
  ['EDQUOT', 'E_DISK_FULL', 'cannot write out: the disk quota is exhausted'],
  ['EROFS', 'E_FILE_WRITE', 'cannot write out: the file system is read-only'],
  ['EACCES', 'E_FILE_WRITE', 'cannot write out: permission denied'],
  ['EPERM', 'E_FILE_WRITE', 'cannot write out: the system does not permit it'],
  ['ENAMETOOLONG', 'E_FILE_WRITE', 'cannot write out: the path, or a name in it, is too long'],
  ['ELOOP', 'E_FILE_WRITE', /symbolic link/],
  ['ENOTDIR', 'E_FILE_WRITE', 'cannot write out: a part of its path is a file, not a folder'],
  ['EISDIR', 'E_FILE_WRITE', 'cannot write out: it is a folder'],
  ['ENOENT', 'E_FILE_WRITE', 'cannot write out: it does not exist'],
  ['EFBIG', 'E_FILE_WRITE', /larger than/],
  ['EMFILE', 'E_FILE_WRITE', /too many open files/],
  ['EIO', 'E_FILE_WRITE', /input\/output error/],
  ['EWHATEVER', 'E_FILE_WRITE', 'cannot write out: EWHATEVER'],
])('%s is %s', (code, expected, message) => {
  const cause = Object.assign(new Error('disk'), { code })
  const error = writeError('out', cause)
  expect(error).toMatchObject({ code: expected, cause, exitCode: 9 })
  if (typeof message === 'string') expect(error.message).toBe(message)
  else expect(error.message).toMatch(message)
})
