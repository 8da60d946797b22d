import { checkOptions, option, type OptionChecks } from '@uni/reload-core'
import { stepOutsideReloads } from '@uni/reload-core/testing'
import type { CrdtKindProvider, CrdtSample } from '../contract.js'
import type { RecordedState } from '../recorded-state.js'
import { PLAIN } from '../show.js'
import { recollect, type Recollection } from '../remember.js'
import { RememberedKind } from '../remembered-kind.js'
import { fromBase64, fromGolden, toBase64, toGolden } from './golden-value.js'
import { makeLateEdits } from './edits.js'
import { apply } from './stand.js'
import type { CrdtSubject } from './subject.js'

/**
 * The states that one version of a kind wrote, with their values, the values after late operations, and those of
 * merges.
 */
export interface CrdtGolden extends Recollection {
  readonly kind: string
  readonly version: string
}

export interface GoldenFile {
  /** The name of the file, such as `notes-1.2.0.json`. */
  readonly file: string
  readonly bytes: Uint8Array
}

export interface WriteGoldenOptions {
  /** The version of the provider. */
  readonly version: string
  /** The seed of the edits of the document that is written beside the samples. Default 1. */
  readonly seed?: number | undefined
}

interface StateJson {
  readonly name: string
  readonly bytes: string
  readonly value: unknown
  readonly late?: { readonly ops: string[]; readonly becomes: number }
}
interface GoldenJson {
  readonly format: 'uni-reload-crdt-golden'
  readonly kind: string
  readonly version: string
  readonly states: StateJson[]
  readonly merges: [string, unknown][]
}

const EDITS = 30

const OPTIONS: OptionChecks<WriteGoldenOptions> = { version: option.required(option.text), seed: option.integer(0) }

/**
 * Writes the file with which later versions are tested: the empty state, the samples, and documents that replicas have
 * edited.
 *
 * @throws Error where a state cannot be recorded.
 */
export async function writeCrdtGolden(
  subject: CrdtSubject,
  options: WriteGoldenOptions,
): Promise<readonly GoldenFile[]> {
  const { version, seed = 1 } = checkOptions(options, 'writeCrdtGolden options', OPTIONS)
  const { kind } = subject.provider
  const { states, merges } = await recollect(withEditedSample(subject, seed), stepOutsideReloads(), Infinity, PLAIN)
  const golden: GoldenJson = {
    format: 'uni-reload-crdt-golden',
    kind,
    version,
    states: states.map(({ name, bytes, value, late }) => ({
      name,
      bytes: toBase64(bytes),
      value: toGolden(value),
      ...(late && { late: { ops: late.ops.map(toBase64), becomes: states.indexOf(late.becomes) } }),
    })),
    merges: Array.from(merges, ([name, value]) => [name, toGolden(value)]),
  }
  return [{ file: `${kind}-${version}.json`, bytes: new TextEncoder().encode(`${JSON.stringify(golden, null, 1)}\n`) }]
}

/** @throws TypeError where the bytes are no golden file of this kit. */
export function readCrdtGolden(bytes: Uint8Array): CrdtGolden {
  const golden = JSON.parse(new TextDecoder().decode(bytes)) as GoldenJson
  if (golden.format !== 'uni-reload-crdt-golden')
    throw new TypeError(
      `the bytes are no golden file: format is ${JSON.stringify(golden.format)}; expected "uni-reload-crdt-golden"`,
    )
  const states: RecordedState[] = []
  // From the end, as a state comes before its state after late operations.
  for (const { name, bytes: encoded, value, late } of golden.states.toReversed()) {
    const becomes = late && states[golden.states.length - 1 - late.becomes]
    states.push({
      name,
      bytes: fromBase64(encoded),
      value: fromGolden(value),
      ...(becomes && { late: { ops: late.ops.map(fromBase64), becomes } }),
    })
  }
  return {
    kind: golden.kind,
    version: golden.version,
    states: states.toReversed(),
    merges: new Map(golden.merges.map(([name, value]) => [name, fromGolden(value)])),
  }
}

/** A provider that answers as the version that wrote the file. */
export function goldenKind({ kind, states, merges }: CrdtGolden): CrdtKindProvider {
  return new RememberedKind(kind, states, merges)
}

/** The provider with one more sample: a document that replicas have edited, with late edits. */
export function withEditedSample(subject: CrdtSubject, seed: number): CrdtKindProvider {
  const { provider } = subject
  const { shared, meanwhile, late } = makeLateEdits(subject, { count: EDITS, seed })
  return {
    kind: provider.kind,
    empty: () => provider.empty(),
    fromPersisted: (bytes) => provider.fromPersisted(bytes),
    *samples(): Generator<CrdtSample> {
      yield* provider.samples?.() ?? []
      yield Object.assign(apply(provider.empty(), [...shared, ...meanwhile]), { late })
    },
  }
}
