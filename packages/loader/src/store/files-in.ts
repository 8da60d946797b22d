import { readdir } from 'node:fs/promises'

/** The names of the files in a folder of a store. What else somebody has put there is none of the store's. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
