import type { CompatVerdict, ProviderPair, StepContext } from '@uni/reload-core'
import { Copies, mergeCopies, MergePartners } from './copies.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { differenceOf, type Difference } from './difference.js'
import { Probe, Refusal } from './probe.js'
import { recordLive, recordOwn, type RecordedState } from './recorded-state.js'
import { mergeOrSkip, RememberedKind } from './remember.js'
import { persistedBytes, mergeInto, valueOf } from './state.js'

/**
 * Which way documents have to be readable. `backward`: the new version reads what the old one wrote. `full`: and the old
 * one reads what the new one writes, so that going back is safe.
 */
export type CrdtDirection = 'backward' | 'full'

export interface JudgeOptions {
  readonly direction: CrdtDirection
  readonly sampleLimit: number
}

type Pair = ProviderPair<CrdtKindProvider, CrdtState>

/** Judges a new version of a kind by the values it gives (I6), and then by what it says of itself. */
export async function judgeKind(pair: Pair, ctx: StepContext, options: JudgeOptions): Promise<CompatVerdict> {
  try {
    await new Judge(pair, new Probe(ctx), options).values()
  } catch (error) {
    if (error instanceof Refusal) return { level: 'incompatible', reason: error.message, details: error.details }
    throw error
  }
  const { old, next } = pair
  const check = next.schemaCompatCheck
  return check === undefined ? { level: 'compatible' } : ctx.call('schemaCompatCheck', (signal) => check.call(next, old, { signal }))
}

class Judge {
  readonly #pair: Pair
  readonly #probe: Probe
  readonly #sampleLimit: number
  /** A kind that is only remembered has no code that could read what the new version writes. */
  readonly #readsBack: boolean

  constructor(pair: Pair, probe: Probe, { direction, sampleLimit }: JudgeOptions) {
    this.#pair = pair
    this.#probe = probe
    this.#sampleLimit = sampleLimit
    this.#readsBack = direction === 'full' && !(pair.old instanceof RememberedKind)
  }

  /** @throws Refusal at the first value that differs. */
  async values(): Promise<void> {
    const partners = new MergePartners()
    let empty: RecordedState | undefined
    for await (const state of this.#served()) {
      empty ??= state
      await this.#judgeState(state)
      for (const partner of partners.of(state)) await this.#judgeMerge(partner, state)
    }
    await this.#judgeOwn((empty as RecordedState).value)
  }

  /** What the old version serves: its empty state, its samples, its live documents. */
  async * #served(): AsyncGenerator<RecordedState> {
    const { old, live } = this.#pair
    yield * recordOwn(old, 'the old version', this.#sampleLimit, this.#probe)
    yield * recordLive(live, this.#sampleLimit, this.#probe)
  }

  async #judgeState(state: RecordedState): Promise<void> {
    const { old, next } = this.#pair
    const { name, value } = state
    await using copies = new Copies(this.#probe)
    const opened = await copies.open(next, state, `opening ${name} with the new version`)
    await this.#expect(value, opened, name, `${name} reads differently with the new version`)

    const written = await this.#probe.ask('persist', name, `persisting ${name} with the new version`, () => persistedBytes(opened))
    const reopened = await copies.open(next, state, `opening ${name} again, as the new version persisted it,`, written)
    await this.#expect(value, reopened, name, `${name} reads differently once the new version has persisted it`)

    const merging = `merging ${name} with a copy of itself`
    await this.#probe.ask('merge', name, `${merging} with the new version`, () => mergeInto(opened, reopened))
    await this.#expect(value, opened, name, `${merging} changes it with the new version`)

    if (!this.#readsBack) return
    const back = await copies.open(old, state, `opening ${name}, as the new version persisted it, with the old version (direction "full")`, written)
    await this.#expect(value, back, name, `the old version reads ${name} differently once the new version has persisted it (direction "full")`)
  }

  async #judgeMerge(left: RecordedState, right: RecordedState): Promise<void> {
    const expected = await mergeOrSkip(this.#pair.old, left, right, this.#probe)
    if (expected === undefined) return
    const merged = await mergeCopies(this.#pair.next, left, right, 'the new version', this.#probe)
    const differences = [differenceOf(expected[0], merged[0]), differenceOf(expected[1], merged[1])]
    refuse(differences.find((found) => found !== undefined), `${left.name} and ${right.name}`,
      `${left.name} and ${right.name} merge differently with the new version`)
  }

  /** The new version's own states: its empty one means what the old one's meant; if going back is to be safe, all are readable. */
  async #judgeOwn(oldEmpty: unknown): Promise<void> {
    const { old, next } = this.#pair
    let first = true
    for await (const state of recordOwn(next, 'the new version', this.#readsBack ? this.#sampleLimit : 0, this.#probe)) {
      const { name, value } = state
      if (first) refuse(differenceOf(oldEmpty, value), name, `${name} differs from that of the old version`)
      first = false
      if (!this.#readsBack) continue
      await using copies = new Copies(this.#probe)
      const back = await copies.open(old, state, `opening ${name} with the old version (direction "full")`)
      await this.#expect(value, back, name, `the old version reads ${name} differently (direction "full")`)
    }
  }

  async #expect(value: unknown, copy: CrdtState, name: string, saying: string): Promise<void> {
    refuse(await this.#probe.ask('value', name, `reading the value of ${name}`, () => differenceOf(value, valueOf(copy))), name, saying)
  }
}

function refuse(difference: Difference | undefined, state: string, saying: string): void {
  if (difference === undefined) return
  throw new Refusal(`${saying}: ${difference.path}: ${difference.before} → ${difference.after}`, { state, difference })
}
