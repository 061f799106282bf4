/** Packs the package from the sources and installs the tarball below an empty folder; gives the path of the command. */
export function installPacked(folder: string): Promise<string>
