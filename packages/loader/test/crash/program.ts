import { spawn } from 'node:child_process'
import { join } from 'node:path'
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

/** Runs a program in a folder to its end, or until it kills itself. */
export async function runProgram(program: string, cwd: string, ...given: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...given], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const end = await new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  )
  return { end, lines: said.split('\n').slice(0, -1), complaints }
}
