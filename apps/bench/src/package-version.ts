import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version of a package that is installed beside this one. */
export function versionOf(name: string): string {
  for (let directory = dirname(fileURLToPath(import.meta.resolve(name))); ; directory = dirname(directory)) {
    const found = manifestIn(directory)
    if (found?.name === name) return found.version
    if (directory === dirname(directory)) throw new Error(`${name} has no package.json`)
  }
}

function manifestIn(directory: string): { name?: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name?: string; version: string }
  } catch {
    return undefined
  }
}
