import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Where the models are, seen from the built program. */
export const MODELS = fileURLToPath(new URL('../../../docs/model/', import.meta.url))

/** What all models include, and no model itself. */
export const SHARED = 'environment.pml'

/** A way to get the protocol wrong, which the checker has to find. */
interface Fault {
  /** Defined for the preprocessor. */
  readonly name: string
  /** What finds it: the invariant that the failing assertion cites, or `deadlock`. */
  readonly by: string
  readonly text: string
}

export interface Model {
  /** Without its extension. */
  readonly name: string
  readonly source: string
  readonly faults: readonly Fault[]
  /** Whether it says what of it can be seen from outside, and so can be replayed. */
  readonly traced: boolean
}

const FAULT = /^ \* {3}([A-Z_]+) +([IOGN]\d+|owner|deadlock) +(.+)$/gm

/** @throws Error where a name is that of no model. */
export async function modelsNamed(names: readonly string[]): Promise<Model[]> {
  const all = (await readdir(MODELS))
    .filter((file) => file.endsWith('.pml') && file !== SHARED)
    .map((file) => file.slice(0, -'.pml'.length))
  const unknown = names.filter((name) => !all.includes(name))
  if (unknown.length > 0) throw new Error(`no model is called ${unknown.join(', ')}; there are ${all.join(', ')}`)
  return Promise.all(all.filter((name) => names.length === 0 || names.includes(name)).map(readModel))
}

async function readModel(name: string): Promise<Model> {
  const source = await readFile(`${MODELS}${name}.pml`, 'utf8')
  const faults = [...source.matchAll(FAULT)].map(([, fault = '', by = '', text = '']) => ({ name: fault, by, text }))
  if (faults.length === 0)
    throw new Error(`${name}.pml lists no fault: what is not shown to find anything shows nothing`)
  const unused = faults.filter(
    (fault) => !source.includes(`def ${fault.name}\n`) && !source.includes(`defined(${fault.name})`),
  )
  if (unused.length > 0)
    throw new Error(`${name}.pml lists ${unused.map((fault) => fault.name).join(', ')} and does not plant it`)
  return { name, source, faults, traced: source.includes('inline visible()') }
}
