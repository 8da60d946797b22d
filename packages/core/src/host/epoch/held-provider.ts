import { ReloadError } from '../../errors.js'
import { LeaseNode } from '../lease/lease-list.js'
import type { CaptureOptions, LeasedPlugin, ProviderLease } from '../lease/lease.js'
import type { PluginVersion } from './plugin-version.js'
import { DISPOSE } from '../../dispose.js'

/** A provider lease, linked into the plugin version it holds. */
export class HeldProvider<P> extends LeaseNode implements ProviderLease<P> {
  declare readonly plugin: LeasedPlugin
  /** `undefined` after the release: a lease that somebody keeps would keep what it held. */
  declare private held: P | undefined

  constructor(owner: PluginVersion, provider: P, capturedAt: number, options: CaptureOptions | undefined) {
    super(owner.leases, capturedAt, options)
    this.plugin = owner.leased
    this.held = provider
  }

  get provider(): P {
    if (this.list === undefined) {
      throw new ReloadError('LEASE_RELEASED', 'the lease was released', {
        plugin: this.plugin.id,
        hint: 'Acquire the provider again.',
      })
    }
    return this.held as P
  }

  override [DISPOSE](): void {
    super[DISPOSE]()
    this.held = undefined
  }
}
