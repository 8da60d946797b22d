import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { build, type Options } from 'tsup'
import type { Inventory, Line, Order } from './program/protocol.js'

/** Programs that run on what was built of the packages, as a host of a user's would. */
export interface Programs {
  readonly life: string
  /** Ends while it opens its journal: the new file is written, and has not been moved to its place. */
  readonly stillborn: string
}

export async function buildPrograms(directory: string): Promise<Programs> {
  await build({
    entry: {
      life: new URL('program/main.ts', import.meta.url).pathname,
      stillborn: new URL('program/stillborn.ts', import.meta.url).pathname,
    },
    outDir: directory,
    config: false,
    silent: true,
    dts: false,
    format: 'esm',
    target: 'node20',
    clean: true,
    // A third of what a life cost was to read 370 files.
    noExternal: [/./],
    esbuildPlugins: [whereTheyAre],
    outExtension: () => ({ js: '.mjs' }),
  })
  return { life: `${directory}/life.mjs`, stillborn: `${directory}/stillborn.mjs` }
}

/** Leaves packages where they are that look for a binary beside themselves, or are CommonJS. */
const whereTheyAre: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'where they are',
  setup: ({ onResolve, resolve }) =>
    onResolve(
      { filter: /^(@automerge\/automerge|esbuild|lmdb|loro-crdt|pg|semver|usearch)$/ },
      async ({ path, pluginData, ...from }) =>
        pluginData === whereTheyAre
          ? undefined
          : { path: (await resolve(path, { ...from, pluginData: whereTheyAre })).path, external: true },
    ),
}

export interface Life {
  /**
   * Gives leave to work, and has the process killed when `enough` has seen a line, or by its own hand. Resolves when it
   * is gone.
   */
  work(enough: (line: Line) => boolean): Promise<void>
  readonly inventory: Inventory
  readonly reloaded: string
}

/** Starts a life, and waits until it has come back. @throws Error with what it complained of, where it did not. */
export async function begin(program: string, order: Order, heard: (line: Line) => void): Promise<Life> {
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  const gone = new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  )
  let inventory: Inventory | undefined
  let enough: (line: Line) => boolean = () => false
  const lines = createInterface({ input: child.stdout })
  const reloaded = await new Promise<string>((resolve, reject) => {
    void gone.then((end) => reject(new Error(`life ${order.run} did not come back: ${end}\n${complaints}`)))
    lines.on('line', (text) => {
      const line = lineOf(text)
      if (line === undefined) {
        reject(new Error(`life ${order.run} said what is no line: ${text.slice(0, 100)}`))
        child.kill('SIGKILL')
        return
      }
      if (line.type === 'inventory') inventory = line.inventory
      else if (line.type === 'ready') resolve(line.reloaded)
      else heard(line)
      if (enough(line)) child.kill('SIGKILL')
    })
  })
  return {
    inventory: inventory as Inventory,
    reloaded,
    async work(until) {
      enough = until
      child.stdin.write('go\n')
      const end = await gone
      if (end !== 'SIGKILL') throw new Error(`life ${order.run} ended by itself: ${end}\n${complaints}`)
    },
  }
}

/** Starts a life that ends while it opens its journal. @throws Error where it did not end there. */
export async function stillborn(program: string, { directory, run }: Pick<Order, 'directory' | 'run'>): Promise<void> {
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const end = await new Promise<string>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)),
  )
  if (end !== 'SIGKILL' || said !== '')
    throw new Error(`life ${run} was to end while it opened its journal, and ended by ${end}\n${said}`)
}

function lineOf(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
