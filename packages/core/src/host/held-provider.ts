import { LeaseNode } from './lease-list.js'
import type { CaptureOptions, ProviderLease } from './lease.js'
import type { PluginHandle } from './plugin.js'
import type { PluginVersion } from './plugin-version.js'

/** A provider lease, linked into the plugin version it holds. */
export class HeldProvider<P> extends LeaseNode implements ProviderLease<P> {
  readonly provider: P
  readonly plugin: PluginHandle

  constructor(owner: PluginVersion, provider: P, capturedAt: number, options: CaptureOptions | undefined) {
    super(owner.leases, capturedAt, options)
    this.provider = provider
    this.plugin = owner.handle
  }
}
