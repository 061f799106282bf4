import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { PeerError } from '../../base/errors.ts'
import { errorReport } from '../../report/error-report.ts'
import { renderErrorLine } from '../../report/text/error-line.ts'
import { chosenFormat } from '../command/formats.ts'
import type { CliEnv } from '../env.ts'
import { usage } from '../options.ts'
import type { OutputFlags } from './output.ts'
import type { SideFileRequest } from '../files/side-file.ts'

/** The paths that a command line names, by flag or word; undefined for one that was not given. */
export type NamedFiles = { readonly [flag: string]: string | undefined }

/** Flags that change how files are written, and how failures are shown. */
export interface SideFileFlags extends Pick<OutputFlags, 'format' | 'json' | 'quiet'> {
  readonly force?: boolean
}

/**
 * What a flag asks for that names a file to be written beside the report.
 * @param others which must not name the same file
 * @throws PeerError E_USAGE
 */
export function sideFile(
  flag: string,
  path: string | undefined,
  others: NamedFiles,
  { force = false, quiet, ...flags }: SideFileFlags,
  env: CliEnv,
): SideFileRequest | undefined {
  if (path === undefined) return undefined
  if (path === '' || path === '-') throw usage(`${flag} takes a file`, 'use its name')
  const same = Object.entries(others).find(
    ([, other]) => other !== undefined && placeOf(other) === placeOf(path),
  )
  if (same !== undefined)
    throw usage(`${flag} and ${same[0]} name the same file`, 'give one of them another name')
  const onUnwritten = (error: PeerError) => {
    if (chosenFormat(flags) === undefined && quiet === 0)
      void env.stderr.write(renderErrorLine(undefined, errorReport(error))).catch(() => {})
  }
  return { flag, path, force, onUnwritten }
}

/** The path without links in its folder. */
function placeOf(path: string): string {
  const absolute = resolve(path)
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute))
  } catch {
    // the folder is missing or unreadable, which is reported when the file is created
    return absolute
  }
}
