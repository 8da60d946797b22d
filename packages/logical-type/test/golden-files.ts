import { readdirSync, readFileSync } from 'node:fs'
import type { GoldenFile } from '../src/testing/index.js'

const FOLDER = new URL('golden/', import.meta.url)

/** What earlier versions of the type `name`, and this one, stored. */
export function goldenFilesOf(name: string): GoldenFile[] {
  const files = readdirSync(FOLDER).filter((file) => /^(.*)-\d+\.\d+\.\d+\.arrow$/.exec(file)?.[1] === name)
  return files.map((file) => ({ name: file, bytes: readFileSync(new URL(file, FOLDER)) }))
}
