import type { CaptureOptions, ProviderLease } from '../lease/lease.js'
import { SingleLease } from './single-lease.js'
import type { PluginVersion } from './plugin-version.js'

export class LeaseOfProvider<P> extends SingleLease<P> implements ProviderLease<P> {
  constructor(owner: PluginVersion, provider: P, capturedAt: number, options: CaptureOptions | undefined) {
    super(owner.leases, owner, provider, capturedAt, options)
  }

  get provider(): P {
    return this.read('provider')
  }
}
