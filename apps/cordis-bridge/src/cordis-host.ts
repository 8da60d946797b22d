import type { Context } from 'cordis'
import { PluginHost, type PluginHostOptions } from '@uni/reload-core'
import { serviceHandoff, serviceOf } from '@uni/reload-core/surfaces'
import { cordisVersionHandoff } from './cordis-version.js'
import { dispatchUnderLease } from './dispatch-under-lease.js'

/** Those of `PluginHost`. `strategies` are those of what plugins open beside their services and listeners, if any. */
export type CordisHostOptions = Partial<PluginHostOptions>

/**
 * A host of cordis plugins that are replaced while others use them. Whoever injects a service of theirs is given one
 * object, which is there from the first version to the removal: each call goes to the version that serves then.
 */
export function cordisHost(root: Context, { strategies = [], ...options }: CordisHostOptions = {}): PluginHost {
  const versions = cordisVersionHandoff({
    appeared: (name) => {
      root.set(name, serviceOf(host, name))
    },
    disappeared: (name) => {
      root.set(name, undefined)
    },
  })
  const host: PluginHost = new PluginHost({ ...options, strategies: [serviceHandoff(), versions, ...strategies] })
  dispatchUnderLease(root.lifecycle, host)
  return host
}
