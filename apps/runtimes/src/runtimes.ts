import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A version of Node that is installed. */
export interface Runtime {
  /** Such as `22`. */
  readonly major: number
  readonly execPath: string
}

const OTHERS = [22, 24, 26]

/** The Node that runs this, and those that npm has as programs: on Linux. */
export function runtimes(): readonly Runtime[] {
  const own: Runtime = { major: Number.parseInt(process.versions.node), execPath: process.execPath }
  const others = OTHERS.filter((major) => major !== own.major).flatMap((major) => installed(major) ?? [])
  return [own, ...others].toSorted((one, other) => one.major - other.major)
}

function installed(major: number): Runtime | undefined {
  try {
    const require = createRequire(import.meta.url)
    const execPath = join(dirname(require.resolve(`node-${major}-${process.arch}/package.json`)), 'bin/node')
    return existsSync(execPath) ? { major, execPath } : undefined
  } catch {
    return undefined
  }
}
