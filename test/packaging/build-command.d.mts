/** Writes the command as it is published into a folder; `main.cjs` starts it. */
export function buildCommand(folder: string): Promise<void>
