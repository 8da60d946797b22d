import { ReloadError } from '../../errors.js'
import { LeaseNode, type LeaseList } from '../lease/lease-list.js'
import type { CaptureOptions, LeasedPlugin } from '../lease/lease.js'
import type { PluginVersion } from './plugin-version.js'

/** A lease of one thing, a provider or a resource, linked into the plugin version that it holds. */
export abstract class Held<V> extends LeaseNode {
  declare readonly plugin: LeasedPlugin
  /** `undefined` after the release: a lease that somebody keeps would keep what it held. */
  declare private held: V | undefined

  constructor(
    list: LeaseList,
    { leased }: PluginVersion,
    held: V,
    capturedAt: number,
    options: CaptureOptions | undefined,
  ) {
    super(list, capturedAt, options)
    this.plugin = leased
    this.held = held
  }

  /** @throws ReloadError `LEASE_RELEASED`. */
  protected read(what: 'provider' | 'resource'): V {
    if (this.list !== undefined) return this.held as V
    throw new ReloadError('LEASE_RELEASED', 'the lease was released', {
      plugin: this.plugin.id,
      hint: `Acquire the ${what} again.`,
    })
  }

  protected override forget(): void {
    this.held = undefined
  }
}
