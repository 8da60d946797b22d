import { PluginHost } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { scalarFn, scalarFnHandoff } from '@uni/reload-core/surfaces'
import { expect, it } from 'vitest'
import { distance } from './distance-plugin.js'

it('the plugin of docs/writing-a-plugin.md is one', async () => {
  await using host = new PluginHost({ ranges: npmRanges, strategies: [scalarFnHandoff()] })
  await host.add({ manifest: { id: 'geo', version: '1.2.0' }, register() {} })
  await host.add(distance)
  using lease = host.capture()
  expect(lease.get(scalarFn, 'haversine').call(52.5, 13.4, 52.5, 13.4)).toBe(0)
})
