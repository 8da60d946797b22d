import { DISPOSE, type Lease } from '@uni/reload-core'
import type { ExtensionSet } from './extension-set.js'
import { extensionSets } from './surface.js'

/** The extensions that a chain of hooks began with, which stay usable until it ends. */
export interface CapturedSets {
  /** The same list until a plugin is added, replaced or removed. */
  readonly sets: readonly ExtensionSet[]
  end(): void
}

export class LeasedSets implements CapturedSets {
  readonly sets: readonly ExtensionSet[]
  readonly #lease: Lease

  /** @throws ReloadError `SURFACE_FENCED`, with the lease released. */
  constructor(lease: Lease) {
    this.#lease = lease
    try {
      this.sets = lease.all(extensionSets)
    } catch (error) {
      lease[DISPOSE]()
      throw error
    }
  }

  end(): void {
    this.#lease[DISPOSE]()
  }
}

/** For while a plugin is fenced: those that serve until then. None of them is destroyed before this ends. */
export class UnleasedSets implements CapturedSets {
  readonly sets: readonly ExtensionSet[]

  constructor(sets: readonly ExtensionSet[]) {
    this.sets = sets
    for (const set of sets) set.enter()
  }

  end(): void {
    for (const set of this.sets) set.leave()
  }
}
