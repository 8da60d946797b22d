import { compareAll, PLATFORM } from '../measure.js'
import { LoadContender } from '../load/contender.js'
import { versionOf } from '../package-version.js'
import type { Result } from '../result.js'

const ROUNDS = 5
/** Ours, and a bare import, are asked for 5,000 in all. */
const RELOADS = 1_000
const HOT_HOOK_RELOADS = 200
/** It waits 100 ms for further changes, each time. */
const DYNOHOT_RELOADS = 15

/** What it takes to replace code once more, and what stays behind of it. */
export async function* load(): AsyncGenerator<Result> {
  await using ours = await LoadContender.start('uni-reload', RELOADS)
  await using query = await LoadContender.start('import-query', RELOADS)
  await using hotHook = await LoadContender.start('hot-hook', HOT_HOOK_RELOADS)
  await using dynohot = await LoadContender.start('dynohot', DYNOHOT_RELOADS, [
    '--no-warnings',
    '--import',
    import.meta.resolve('./load/dynohot/register.js'),
  ])
  const times = (reloads: number): string => (reloads * ROUNDS).toLocaleString('en')
  yield* await compareAll(
    [
      {
        id: 'load',
        question: `Write, load and serve the next version of 10 kB of code: ${times(RELOADS)} times, each a function that Node compiles, and a host.reload`,
        unit: 'ms',
      },
      {
        id: 'load/retained',
        question: 'What the heap keeps of each version that is not served any more',
        unit: 'KiB',
        limit: 1,
      },
    ],
    {
      rounds: ROUNDS,
      withinS: 600,
      ours: () => ours.round(),
      peers: [
        { name: `import('?v='), ${times(RELOADS)} times`, version: PLATFORM.version, run: () => query.round() },
        {
          name: `hot-hook, ${times(HOT_HOOK_RELOADS)} times`,
          version: versionOf('hot-hook'),
          run: () => hotHook.round(),
        },
        {
          name: `dynohot, ${times(DYNOHOT_RELOADS)} times, with its 100 ms of patience`,
          version: versionOf('dynohot'),
          run: () => dynohot.round(),
        },
      ],
    },
  )
}
