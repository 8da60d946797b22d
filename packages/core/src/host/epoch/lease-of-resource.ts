import type { CaptureOptions, ResourceLease } from '../lease/lease.js'
import { SingleLease } from './single-lease.js'
import { ResourceLeases } from './resource-leases.js'
import type { ResourceEntry } from './surface-table.js'

export class LeaseOfResource<R> extends SingleLease<R> implements ResourceLease<R> {
  constructor(
    { attached, owner }: ResourceEntry,
    resource: R,
    capturedAt: number,
    options: CaptureOptions | undefined,
  ) {
    super(new ResourceLeases(owner.resourceLeases, attached.leased), owner, resource, capturedAt, options)
  }

  get resource(): R {
    return this.read('resource')
  }
}
