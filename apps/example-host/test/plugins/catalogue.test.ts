import { PluginHost } from '@uni/reload-core'
import { MemoryCommitLog } from '@uni/reload-cdc'
import { expect, it } from 'vitest'
import { strategies } from '../../src/host/strategies.js'
import { catalogueOf } from '../../src/plugins/index.js'
import { tempDirectory } from './support/temp-directory.js'

it('has a plugin for each surface, all of which one host takes', async () => {
  await using directory = await tempDirectory()
  const catalogue = await catalogueOf({
    sinks: directory.path,
    images: directory.path,
    connectionString: 'postgres://nobody@127.0.0.1:1/none',
    onJobRun: () => {},
    onReminded: () => {},
  })
  const all = strategies({ log: new MemoryCommitLog() })
  expect([...new Set(catalogue.map(({ surface }) => surface))].sort()).toEqual(
    all.map(({ surface }) => surface.id).sort(),
  )
  await using host = new PluginHost({ strategies: all })
  for (const entry of catalogue) {
    await host.add(entry.v1())
    expect([entry.v1(), entry.v2()].map(({ manifest }) => manifest)).toEqual(
      ['1.0.0', '2.0.0'].map((version) => ({ id: entry.id, version, capabilities: [entry.surface] })),
    )
    expect(entry.v1()).not.toBe(entry.v1())
    expect(entry.bad().length).toBeGreaterThan(0)
  }
  expect(host.plugins().map(({ id }) => id)).toEqual(catalogue.map(({ id }) => id))
})
