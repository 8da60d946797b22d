import { activate } from '../../dispatch/activate.js'
import type { ErrorPlace, ReloadError } from '../../errors.js'
import { WriteGate } from '../../move/gate.js'
import { Transaction } from '../../mvcc/transaction.js'
import type { AnyStrategy, Opening } from '../../strategy.js'
import type { HostEnvironment } from '../environment/host-environment.js'
import type { Epochs } from '../epoch/epochs.js'
import type { PluginVersion } from '../epoch/plugin-version.js'
import type { ResourceEntry, SurfaceTable } from '../epoch/surface-table.js'
import type { Detached } from '../../live-resource.js'
import type { LeaseList } from '../lease/lease-list.js'

/** What a live resource needs of the host that serves it. */
export interface AttachedHost {
  readonly environment: HostEnvironment
  readonly epochs: Epochs
  readonly resources: {
    add(attached: Attached): void
    remove(attached: Attached): void
  }
}

export interface AttachedInit {
  readonly table: SurfaceTable
  readonly name: string
  readonly key: string
  readonly open: (provider: unknown, opening: Opening) => unknown
  /** The id of the plugin that has the host open it; absent where the host attached it. */
  readonly openedBy?: string
}

/** A live resource that a host attached. It stays the same object while versions come and go behind its gate. */
export class Attached {
  readonly table: SurfaceTable
  readonly name: string
  readonly key: string
  /** That of the version that serves, where a plugin has the host open it. */
  open: AttachedInit['open']
  readonly openedBy: string | undefined
  readonly gate: WriteGate<unknown, unknown>
  readonly #host: AttachedHost
  /** Made when it is first asked for: a set takes a tenth of what the host keeps of a resource. */
  #leased: Set<LeaseList> | undefined
  /** Once its detach was asked for: resolves when it is out of service. */
  detaching: Promise<Detached> | undefined

  /** It serves from its {@link enter} on, or from the commit of the operation that writes it. */
  constructor(host: AttachedHost, { table, name, key, open, openedBy }: AttachedInit, resource: unknown) {
    this.#host = host
    this.table = table
    this.name = name
    this.key = key
    this.open = open
    this.openedBy = openedBy
    this.gate = new WriteGate<unknown, unknown>(
      table.strategy.surface,
      name,
      resource,
      host.environment.gateTerms,
      this,
    )
  }

  /** Puts it into service. */
  enter(owner: PluginVersion, resource: unknown): void {
    this.#host.resources.add(this)
    this.serve({ attached: this, owner, live: resource })
  }

  /** The leases of this resource alone, whichever version has opened what they hold. */
  get leased(): Set<LeaseList> {
    return (this.#leased ??= new Set())
  }

  get strategy(): AnyStrategy {
    return this.table.strategy
  }

  /** As epochs serve it from now on; `undefined` once it has left. */
  get entry(): ResourceEntry | undefined {
    const entry = this.table.resources.latest(this.name)
    return entry?.attached === this ? entry : undefined
  }

  /** The plugin version whose provider opened what serves now; `undefined` once it has left. */
  get owner(): PluginVersion | undefined {
    return this.entry?.owner
  }

  /** Whether it is out of service: nothing new may be asked of it. Its gate may not be closed yet. */
  get left(): boolean {
    return this.entry === undefined
  }

  get place(): ErrorPlace & { readonly surface: string; readonly key: string; readonly resource: string } {
    return { surface: this.table.id, key: this.key, resource: this.name }
  }

  /** Called by the gate when a stopped resource has been started again, or could not be. */
  onReplaced(outcome: { readonly resource: unknown } | { readonly halted: unknown }): void {
    const { owner, place } = this
    const { environment } = this.#host
    // Where the resource has left before its restart completes, it is only closed.
    if (owner === undefined) return
    const tag = { surface: place.surface, resource: place.resource }
    if ('halted' in outcome) {
      this.serve({ attached: this, owner, halted: outcome.halted })
      environment.emit({ type: 'resource-halted', ...tag, cause: outcome.halted })
      return
    }
    // Where a strategy opened it by itself, nobody may have claimed it.
    environment.claims.claimFree(outcome.resource, { ...place, plugin: owner.label })
    this.serve({ attached: this, owner, live: outcome.resource })
    try {
      activate(this.strategy, outcome.resource, { ...place, phase: 'rollback', plugin: owner.label })
      environment.emit({ type: 'resource-restarted', ...tag })
    } catch (error) {
      environment.emit({ type: 'resource-restarted', ...tag, activationError: error as ReloadError })
      throw error
    }
  }

  /** Epochs serve it as `entry` says from now on, or, where there is none, no more. */
  serve(entry: ResourceEntry | undefined): void {
    const { name, owner } = this
    const { resources } = this.table
    const { epochs } = this.#host
    const transaction = new Transaction()
    resources.write(name, entry, transaction)
    epochs.publish(transaction)
    if (entry === undefined) this.#host.resources.remove(this)
    else if (owner !== undefined) void epochs.prune(resources, name, owner)
  }
}
