import type { PluginVersion } from '../epoch/plugin-version.js'
import type { SurfaceTable } from '../epoch/surface-table.js'
import type { Attached } from './attached.js'

/** A name that an attach has reserved. */
export interface Reservation {
  readonly name: string
  /** Settles when the name is free, where what has it is being detached. */
  readonly freed: Promise<unknown> | undefined
  /** The open that is under way, if one is. */
  pending: PendingOpen | undefined
}

interface PendingOpen {
  /** The plugin version whose provider opens the resource. */
  readonly owner: PluginVersion
  readonly opened: Promise<unknown>
}

/**
 * The live resources of one host. Each is in one of three states: its name is reserved while it is opened, then it is
 * attached, and after its detach it is leaving until it is closed.
 */
export class LiveResources {
  readonly #reserved = new Map<SurfaceTable, Map<string, Reservation>>()
  readonly #attached = new Set<Attached>()
  readonly #leaving = new Set<Promise<void>>()

  /** In the order in which they were attached. Some may have left since: their `owner` is `undefined`. */
  get attached(): Iterable<Attached> {
    return this.#attached
  }

  /**
   * Reserves `name`; `undefined` where it is taken. Of what is being detached it can be reserved, and is free later.
   */
  reserve(table: SurfaceTable, name: string): Reservation | undefined {
    const reserved = this.#reserved.get(table) ?? new Map<string, Reservation>()
    const serving = table.resources.latest(name)?.attached as Attached | undefined
    if ((serving !== undefined && serving.detaching === undefined) || reserved.has(name)) return undefined
    const reservation: Reservation = { name, freed: serving?.detaching, pending: undefined }
    this.#reserved.set(table, reserved.set(name, reservation))
    return reservation
  }

  /** Gives a reserved name up, or over to the resource that was attached under it. */
  release(table: SurfaceTable, { name }: Reservation): void {
    this.#reserved.get(table)?.delete(name)
  }

  /** The opens under way by providers of `owner`. */
  pendingOpens(owner: PluginVersion): Promise<unknown>[] {
    return [...this.#reserved.values()]
      .flatMap((reserved) => [...reserved.values()])
      .flatMap(({ pending }) => (pending?.owner === owner ? [pending.opened] : []))
  }

  add(attached: Attached): void {
    this.#attached.add(attached)
  }

  remove(attached: Attached): void {
    this.#attached.delete(attached)
  }

  /** @param closed settles when a detached resource is closed. */
  leave(closed: Promise<void>): void {
    this.#leaving.add(closed)
    const forget = (): void => {
      this.#leaving.delete(closed)
    }
    closed.then(forget, forget)
  }

  /** Resolves when each resource that is leaving now is closed, or could not be. */
  async left(): Promise<void> {
    await Promise.allSettled(this.#leaving)
  }
}
