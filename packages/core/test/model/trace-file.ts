import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What of a run can be seen from outside, by name. */
export type Visible = Readonly<Record<string, string>>

/**
 * A run of a model: the steps the outside took, each with what could be seen to change when everything had come to
 * rest.
 */
export interface Trace {
  readonly seed: number
  readonly start: Visible
  readonly steps: readonly (readonly [step: string, changed: Visible])[]
}

interface TraceFile {
  readonly digest: string
  readonly traces: readonly Trace[]
}

const TRACES = fileURLToPath(new URL('traces/', import.meta.url))
const MODELS = fileURLToPath(new URL('../../../../docs/model/', import.meta.url))

/** The models that traces were taken from. */
export function tracedModels(): string[] {
  return readdirSync(TRACES).map((file) => file.replace(/\.json$/, ''))
}

export function tracesOf(model: string): TraceFile {
  return JSON.parse(readFileSync(`${TRACES}${model}.json`, 'utf8')) as TraceFile
}

/** The digest of the sources that traces of the model would be taken from now. */
export function digestOf(model: string): string {
  const hash = createHash('sha256')
  for (const file of ['environment', model]) hash.update(readFileSync(`${MODELS}${file}.pml`, 'utf8'))
  return hash.digest('hex')
}
