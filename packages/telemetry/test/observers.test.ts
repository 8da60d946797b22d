import type { ReloadEvent } from '@uni/reload-core'
import { observers } from '@uni/reload-telemetry'
import { expect, it } from 'vitest'
import { counterHost } from './fixtures/counter-host.js'

it('several observers are told of each event in turn, whatever one of them throws or rejects with', async () => {
  const told: string[] = []
  const note = (name: string) => (event: ReloadEvent) => {
    if (event.type === 'committed') told.push(name)
  }
  const { host } = await counterHost(
    observers(
      note('first'),
      () => {
        throw new Error('no log')
      },
      async () => Promise.reject(new Error('no disk')),
      note('last'),
    ),
  )
  expect(told).toEqual(['first', 'last'])
  await host.close()
})
