import { systemCode } from '../socket-errors.ts'

/** System errors in words. Each text fits files and folders, for reading and writing. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'it is busy',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is exhausted',
  EEXIST: 'something with that name already exists',
  EFBIG: 'the file would be larger than the file system or the limits of this process allow',
  EINVAL: 'the file system does not accept that name or size',
  EIO: 'the device reported an input/output error',
  EISDIR: 'it is a folder',
  ELOOP: 'the path has too many symbolic links, or one that must not be followed',
  EMFILE: 'this process has too many open files',
  ENAMETOOLONG: 'the path, or a name in it, is too long',
  ENFILE: 'the system has too many open files',
  ENODEV: 'the device does not exist',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ENXIO: 'nothing is at the other end of that pipe or device',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ESTALE: 'it no longer exists on the network file system',
  ETXTBSY: 'it is a running program',
}

/** The system error in words, or its code if there is no text for it. */
export function systemReason(cause: unknown): string {
  const code = systemCode(cause)
  if (code !== undefined) return REASONS[code] ?? code
  return cause instanceof Error ? cause.message : String(cause)
}
