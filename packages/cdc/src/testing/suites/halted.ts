import { ReloadError } from '@uni/reload-core'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { ROLLS_BACK } from '../needs.js'
import { Served } from '../served.js'
import { Watched } from '../watched.js'

/** A stream that a failed reload has left halted. `heal` restores its sink. */
async function halted(bench: Bench): Promise<{ served: Served; heal(): void }> {
  const { expect, fixture } = bench
  let down = false
  const start = (): void => {
    if (down) throw new Error('the sink is down')
  }
  const served = await Served.start(bench, new Watched(fixture.provider(), { start }))
  await served.commit()
  down = true
  await served.expectTurnedAway(new Watched(fixture.provider(), { start }))
  const error = await expect.refused('a delivery to a halted stream', () => served.live.write(bench.history.commit()))
  if (!ReloadError.is(error) || error.code !== 'RESOURCE_HALTED')
    expect.fail('a halted stream says RESOURCE_HALTED', error)
  return {
    served,
    heal: () => {
      down = false
    },
  }
}

const needs = [...ROLLS_BACK, 'handoff/while-deliveries-wait']

export const haltedSuite: Suite = () => [
  {
    key: 'halted/next-delivery',
    rule: 'C7',
    title: 'is started at its checkpoint by a later delivery, when neither version started',
    needs,
    async run(bench) {
      const { served, heal } = await halted(bench)
      await using _ = served
      heal()
      await served.expectAllStored()
    },
  },
  {
    key: 'halted/next-version',
    rule: 'C7',
    title: 'is started at its checkpoint by a later version, when neither version started',
    needs,
    async run(bench) {
      const { served } = await halted(bench)
      await using _ = served
      await bench.expect.works('a reload', () => served.reload(bench.fixture.provider()))
      await served.expectAllStored()
    },
  },
]
