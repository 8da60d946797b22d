import { ReloadError } from '../errors.js'
import type { MaybePromise } from '../maybe-promise.js'
import type { WriteGate } from '../move/gate.js'
import { checkOptions, option, type OptionChecks } from '../options.js'
import type { Opening, ProviderView } from '../strategy.js'
import { KEY_AT_ONCE, type AnySurface, type Surface } from '../surface.js'
import { synchronous } from '../synchronous.js'

/** The providers of the version that is being replaced, by surface and key. */
export class OldProviders implements ProviderView {
  readonly #bySurface = new Map<string, { surface: AnySurface; byKey: Map<string, unknown> }>()

  add<P, R, W>(surface: Surface<P, R, W>, provider: NoInfer<P>): this {
    let entry = this.#bySurface.get(surface.id)
    if (entry === undefined) this.#bySurface.set(surface.id, (entry = { surface, byKey: new Map() }))
    entry.byKey.set(synchronous(surface.keyOf(provider), 'keyOf()', KEY_AT_ONCE), provider)
    return this
  }

  get<P, R, W>(surface: Surface<P, R, W>, key: string): P | undefined {
    return this.#bySurface.get(surface.id)?.byKey.get(key) as P | undefined
  }

  *entries(): Generator<readonly [surface: AnySurface, key: string, provider: unknown]> {
    for (const { surface, byKey } of this.#bySurface.values()) {
      for (const [key, provider] of byKey) yield [surface, key, provider]
    }
  }
}

/** One live resource that a host hands in, to be handed over. */
export interface KindHandoff<P, R, W = never> {
  /** Unique on the surface. */
  readonly name: string
  /** The key of the provider that opened it. */
  readonly key: string
  readonly resource: R
  /** The new provider. Default: the one in `next` of the request, under the same key. */
  readonly next?: P | undefined
  /** The gate that its writes go through. Without one, the host itself has to keep writers away during the reload. */
  readonly gate?: WriteGate<R, W> | undefined
  /** Opens such a resource. Needed on clean surfaces whose strategy has no `open`. */
  open?(provider: P, opening: Opening): MaybePromise<R>
}

const HANDOFF: OptionChecks<KindHandoff<unknown, unknown, unknown>> = {
  name: option.required(option.text),
  key: option.required(option.text),
  resource: option.required(option.given),
  next: option.given,
  gate: option.with('hold', 'record', 'release', 'switchTo'),
  open: option.function,
}

/** The live resources that a host hands in, to be handed over by a reload. */
export class ReloadKindHandlers {
  readonly #handoffs: { surface: AnySurface; handoff: KindHandoff<unknown, unknown, unknown> }[] = []
  readonly #names = new Map<string, Set<string>>()

  /**
   * @throws TypeError where the handoff is malformed, ReloadError `DUPLICATE` where the surface has a handoff of this
   * name already.
   */
  add<P, R, W>(surface: Surface<P, R, W>, given: KindHandoff<P, R, W>): this {
    const handoff = checkOptions(given as unknown as KindHandoff<unknown, unknown, unknown>, 'handoff', HANDOFF)
    const names = this.#names.get(surface.id) ?? new Set()
    if (names.has(handoff.name)) {
      throw new ReloadError('DUPLICATE', 'a live resource of this name is to be handed over already', {
        surface: surface.id,
        key: handoff.key,
        resource: handoff.name,
        hint: 'Name each live resource of a surface once.',
      })
    }
    this.#names.set(surface.id, names.add(handoff.name))
    this.#handoffs.push({ surface, handoff })
    return this
  }

  entries(): readonly { surface: AnySurface; handoff: KindHandoff<unknown, unknown, unknown> }[] {
    return this.#handoffs
  }
}
