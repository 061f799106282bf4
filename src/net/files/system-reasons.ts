import { systemCode } from '../socket-errors.ts'

/** The refusals of a system in words. Each holds for a file and for a folder, read or written. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EAGAIN: 'it is busy',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'something with that name exists already',
  EFBIG: 'the file would be larger than the file system or the limits of this process allow',
  EINVAL: 'the file system does not accept that name or size',
  EIO: 'the device reported an input/output error',
  EISDIR: 'it is a folder',
  ELOOP: 'the path has too many symbolic links, or one that may not be followed',
  EMFILE: 'this process has too many open files',
  ENAMETOOLONG: 'the path, or a name in it, is too long',
  ENFILE: 'the system has too many open files',
  ENODEV: 'there is no such device',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of its path is a file, not a folder',
  ENXIO: 'there is nothing at the other end of that pipe or device',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ESTALE: 'the network file system no longer knows it',
  ETXTBSY: 'it is a program that is running',
}

/** Why the system refused something, in words; its own code where there are none. */
export function systemReason(cause: unknown): string {
  const code = systemCode(cause)
  if (code !== undefined) return REASONS[code] ?? code
  return cause instanceof Error ? cause.message : String(cause)
}
