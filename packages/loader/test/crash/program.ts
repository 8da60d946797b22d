import { spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { build } from 'esbuild'

/** A program of this folder, as a file that Node runs: of the sources of the packages. */
export async function buildProgram(name: string): Promise<string> {
  const outfile = join(import.meta.dirname, '../../node_modules/.crash', `${name}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, 'program', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['@uni/source'],
    external: ['esbuild', 'vitest', 'tar', 'resolve.exports', '@jridgewell/trace-mapping'],
    banner: {
      js: "import { createRequire as requireFor } from 'node:module'\nconst require = requireFor(import.meta.url)",
    },
    logLevel: 'error',
  })
  return outfile
}

export interface Ended {
  readonly end: string
  /** What it said, line by line. */
  readonly lines: readonly string[]
  readonly complaints: string
}

let runs = 0

/** Runs a program in a folder to its end, or until it kills itself. */
export async function runProgram(program: string, cwd: string, ...given: readonly string[]): Promise<Ended> {
  // A file takes what is said however much that is, and whether or not this process has the time to read it.
  const said = join(cwd, `said-${(runs += 1)}`)
  await using saying = await open(said, 'w')
  const child = spawn(process.execPath, [program, ...given], { cwd, stdio: ['ignore', saying.fd, 'pipe'] })
  const [end, complaints] = await Promise.all([
    new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`))),
    text(child.stderr as Readable),
  ])
  return { end, lines: (await readFile(said, 'utf8')).split('\n').slice(0, -1), complaints }
}
