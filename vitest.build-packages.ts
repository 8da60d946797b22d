import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PACKAGES = fileURLToPath(new URL('packages/', import.meta.url))
const TSUP = fileURLToPath(new URL('node_modules/tsup/dist/cli-default.js', import.meta.url))

/**
 * Builds what the tests of the packages as they are built run, and leaves out the declarations, which take most of the
 * time.
 */
export async function setup(): Promise<void> {
  const names = await readdir(PACKAGES)
  await Promise.all(
    names.map((name) => promisify(execFile)(process.execPath, [TSUP, '--no-dts'], { cwd: PACKAGES + name })),
  )
}
