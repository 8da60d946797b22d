import type { CaptureOptions, ProviderLease } from '../lease/lease.js'
import { Held } from './held.js'
import type { PluginVersion } from './plugin-version.js'

/** A provider lease. */
export class HeldProvider<P> extends Held<P> implements ProviderLease<P> {
  constructor(owner: PluginVersion, provider: P, capturedAt: number, options: CaptureOptions | undefined) {
    super(owner.leases, owner, provider, capturedAt, options)
  }

  get provider(): P {
    return this.read('provider')
  }
}
