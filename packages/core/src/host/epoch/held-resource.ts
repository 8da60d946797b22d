import { ReloadError } from '../../errors.js'
import { LeaseNode } from '../lease/lease-list.js'
import type { CaptureOptions, LeasedPlugin, ResourceLease } from '../lease/lease.js'
import { ResourceLeases } from './resource-leases.js'
import type { ResourceEntry } from './surface-table.js'
import { DISPOSE } from '../../dispose.js'

/** A lease of a live resource, linked into the plugin version that serves it. */
export class HeldResource<R> extends LeaseNode implements ResourceLease<R> {
  declare readonly plugin: LeasedPlugin
  /** `undefined` after the release: a lease that somebody keeps would keep what it held. */
  declare private held: R | undefined

  constructor(
    { attached, owner }: ResourceEntry,
    resource: R,
    capturedAt: number,
    options: CaptureOptions | undefined,
  ) {
    super(new ResourceLeases(owner.resourceLeases, attached.leased), capturedAt, options)
    this.plugin = owner.leased
    this.held = resource
  }

  get resource(): R {
    if (this.list === undefined) {
      throw new ReloadError('LEASE_RELEASED', 'the lease was released', {
        plugin: this.plugin.id,
        hint: 'Acquire the resource again.',
      })
    }
    return this.held as R
  }

  override [DISPOSE](): void {
    super[DISPOSE]()
    this.held = undefined
  }
}
