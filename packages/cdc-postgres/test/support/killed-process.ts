import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'tsup'

/** A program in one file that runs without any of the tools that run the tests. */
export async function bundled(entry: string): Promise<AsyncDisposable & { readonly file: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'cdc-process-'))
  await build({
    entry: { program: entry },
    outDir: directory,
    config: false,
    silent: true,
    dts: false,
    format: 'esm',
    target: 'node20',
    clean: false,
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/./],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    esbuildOptions: (options) => {
      options.conditions = ['@uni/source']
    },
  })
  return { file: join(directory, 'program.mjs'), [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) }
}

/**
 * Runs a program, and kills it once `enough` has seen a line of its output: with SIGKILL, so that it can do nothing
 * about it. Resolves with all its lines once it is gone, however that came.
 */
export async function runUntil(
  file: string,
  argument: object,
  enough: (line: string, lines: readonly string[]) => boolean,
): Promise<{
  readonly lines: readonly string[]
  readonly end: string
}> {
  const child = spawn(process.execPath, [file, JSON.stringify(argument)], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (enough(line, lines)) child.kill('SIGKILL')
  })
  const end = await new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`)),
  )
  if (end !== 'SIGKILL' && end !== 'exit 0') throw new Error(`the program ended with ${end}:\n${complaints}`)
  return { lines, end }
}
