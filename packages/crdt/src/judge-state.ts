import type { ProviderPair } from '@uni/reload-core'
import type { CrdtCheck } from './advice.js'
import { Copies, type Written } from './copies.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { laterTurn } from './later-turn.js'
import { refuse, type Probe } from './probe.js'
import type { RecordedState, Version } from './recorded-state.js'
import type { SpareCopies } from './spare-copies.js'
import { applyTo, mergeInto, persistedBytes, sameBytes, valueOf } from './state.js'
import type { WayBack } from './way-back.js'

/**
 * Judges the new version by one document: it has to read, rewrite and change it as the old version does. Also finds out
 * whether the old version reads what the new one writes.
 */
export class StateJudge {
  readonly #pair: ProviderPair<CrdtKindProvider, CrdtState>
  readonly #probe: Probe
  readonly #wayBack: WayBack

  constructor(pair: ProviderPair<CrdtKindProvider, CrdtState>, probe: Probe, wayBack: WayBack) {
    this.#pair = pair
    this.#probe = probe
    this.#wayBack = wayBack
  }

  /**
   * @param spares receives the copies that were only read.
   * @returns the document as the new version writes it, or `undefined` where that has the same bytes.
   * @throws Refusal at the first value that differs.
   */
  async judge(state: RecordedState, spares?: SpareCopies): Promise<Written | undefined> {
    const { old, next } = this.#pair
    const written = await this.#judgeReading(state, spares)
    await this.#judgeLate(next, 'the new version', state, state)
    const rewritten = sameBytes(written.bytes, state.bytes) ? undefined : written
    if (rewritten) await this.#judgeLate(next, 'the new version', state, rewritten)
    if (rewritten ?? this.#wayBack.required) {
      const back = await this.#wayBack.take(() => this.#judgeReadingBack(old, state, written, spares))
      if (back && rewritten) await this.#judgeLate(old, 'the old version', state, rewritten)
    }
    return rewritten
  }

  /** Has the old version read a document of the new one. */
  async judgeBack(old: CrdtKindProvider, state: RecordedState): Promise<void> {
    await using copies = new Copies(this.#probe)
    const back = await copies.open(old, state, `opening ${state.name} with the old version (direction "full")`)
    await this.#expect(
      'way-back',
      state.value,
      back,
      state.name,
      `the old version reads ${state.name} differently (direction "full")`,
    )
  }

  async #judgeReading(state: RecordedState, spares: SpareCopies | undefined): Promise<Written> {
    const { next } = this.#pair
    const { name, value } = state
    await using copies = new Copies(this.#probe, spares)
    const opened = await copies.open(next, state, `opening ${name} with the new version`)
    // An editor's binding removes whatever its schema does not have, one turn after the document was opened.
    await laterTurn()
    await this.#expect('read', value, opened, name, `${name} reads differently with the new version`)

    const bytes = await this.#probe.ask('persist', name, `persisting ${name} with the new version`, () =>
      persistedBytes(opened),
    )
    const reopened = await copies.open(next, { name, bytes }, `opening ${name} again, as the new version persisted it,`)
    await this.#expect(
      'rewrite',
      value,
      reopened,
      name,
      `${name} reads differently once the new version has persisted it`,
    )

    const merging = `merging ${name} with a copy of itself`
    await this.#probe.ask('merge', name, `${merging} with the new version`, () => mergeInto(opened, reopened))
    await this.#expect('idempotence', value, opened, name, `${merging} changes it with the new version`)
    copies.spare(next, bytes, reopened)
    return { name: `${name} (as the new version persists it)`, bytes }
  }

  async #judgeReadingBack(
    old: CrdtKindProvider,
    { name, value }: RecordedState,
    { bytes }: Written,
    spares: SpareCopies | undefined,
  ): Promise<true> {
    const asked = this.#wayBack.required ? ' (direction "full")' : ''
    await using copies = new Copies(this.#probe, spares)
    const back = await copies.open(
      old,
      { name, bytes },
      `opening ${name}, as the new version persisted it, with the old version${asked}`,
    )
    await this.#expect(
      'way-back',
      value,
      back,
      name,
      `the old version reads ${name} differently once the new version has persisted it${asked}`,
    )
    copies.spare(old, bytes, back)
    return true
  }

  /** A late operation has to find what it refers to, whichever version wrote the document and whichever reads it. */
  async #judgeLate(
    provider: CrdtKindProvider,
    version: Version,
    { late }: RecordedState,
    written: Written,
  ): Promise<void> {
    if (late === undefined) return
    const { name } = written
    const doing = `applying the late operations of ${name} with ${version}`
    await using copies = new Copies(this.#probe)
    const copy = await copies.open(provider, written, doing)
    for (const op of late.ops) await this.#probe.ask('apply', name, doing, () => applyTo(copy, op), { advice: 'late' })
    await this.#expect('late', late.becomes.value, copy, name, `${doing} gives another value`)
  }

  async #expect(check: CrdtCheck, value: unknown, copy: CrdtState, name: string, saying: string): Promise<void> {
    refuse(
      check,
      await this.#probe.ask('value', name, `reading the value of ${name}`, () =>
        this.#probe.compare(value, valueOf(copy)),
      ),
      name,
      saying,
    )
  }
}
