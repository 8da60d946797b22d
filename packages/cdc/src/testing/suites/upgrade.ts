import type { Bench } from '../bench.js'
import type { Case, Suite } from '../case.js'
import { expectTakenUp, readGolden, writeCdcGolden } from '../golden.js'
import { RELOADS, survives } from '../needs.js'
import { Served } from '../served.js'

/** Reloads from one version to another and back, with deliveries before, between and after. */
async function reloads(bench: Bench, from: 'older' | 'provider'): Promise<void> {
  const versions = { older: bench.hook('older'), provider: () => bench.fixture.provider() }
  const to = from === 'older' ? 'provider' : 'older'
  await using served = await Served.start(bench, versions[from]())
  await served.commit()
  bench.history.commit()
  await bench.expect.works(`a reload from ${from} to ${to}`, () => served.reload(versions[to]()))
  bench.history.commit(3)
  await served.expectAllStored()
}

export const upgradeSuite: Suite = ({ older, downgrade }, { golden = [], make, capabilities }) => [
  ...golden.map((file): Case => ({
    key: `upgrade/golden/${file.name}`,
    rule: 'P13',
    title: 'takes up what an earlier version left',
    needs: survives(capabilities),
    async run(bench) {
      const left = readGolden(file)
      await expectTakenUp(bench.from(left.origin), left, 'provider')
    },
  })),
  ...(older
    ? ([
        {
          key: 'upgrade/from-the-version-before',
          rule: 'P13',
          title: 'takes over from the version before, live',
          needs: [...RELOADS, 'handoff/while-deliveries-wait'],
          run: (bench) => reloads(bench, 'older'),
        },
      ] satisfies readonly Case[])
    : []),
  ...(older && downgrade
    ? ([
        {
          key: 'upgrade/back',
          rule: 'P13',
          title: 'gives way to the version before, live',
          needs: [...RELOADS, 'handoff/while-deliveries-wait'],
          run: (bench) => reloads(bench, 'provider'),
        },
      ] satisfies readonly Case[])
    : []),
  ...(older && downgrade && golden.length > 0
    ? ([
        {
          key: 'upgrade/golden-back',
          rule: 'P13',
          title: 'leaves what the version before takes up',
          needs: survives(capabilities),
          async run(bench) {
            const written = await writeCdcGolden({ make, capabilities, version: 'present' })
            for (const [name, bytes] of Object.entries(written)) {
              const left = readGolden({ name, bytes })
              await expectTakenUp(bench.from(left.origin), left, 'older')
            }
          },
        },
      ] satisfies readonly Case[])
    : []),
]
