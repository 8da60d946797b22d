import { ReloadError } from '../../errors.js'
import { LeaseNode, type LeaseList } from '../lease/lease-list.js'
import type { CaptureOptions, LeasedPlugin } from '../lease/lease.js'
import type { PluginVersion } from './plugin-version.js'

/** A lease of one provider or one live resource, in the list of the plugin version that has to outlive it. */
export abstract class SingleLease<V> extends LeaseNode {
  declare readonly plugin: LeasedPlugin
  /** `undefined` after the release, as a caller may keep a lease that was released. */
  declare private object: V | undefined

  constructor(
    list: LeaseList,
    { leased }: PluginVersion,
    object: V,
    capturedAt: number,
    options: CaptureOptions | undefined,
  ) {
    super(list, capturedAt, options)
    this.plugin = leased
    this.object = object
  }

  /** @throws ReloadError `LEASE_RELEASED`. */
  protected read(what: 'provider' | 'resource'): V {
    if (this.list !== undefined) return this.object as V
    throw new ReloadError('LEASE_RELEASED', 'the lease was released', {
      plugin: this.plugin.id,
      hint: `Acquire the ${what} again.`,
    })
  }

  protected override forget(): void {
    this.object = undefined
  }
}
