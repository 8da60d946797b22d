import { runtimes, type Runtime } from '@uni/runtimes'
import { LoadContender, type LoadRound } from '../load/contender.js'
import { compareAll, PLATFORM, type Asked, type Contender } from '../measure.js'
import { versionOf } from '../package-version.js'
import type { Result } from '../result.js'

const ROUNDS = 5
/** Ours, from the source and from the store, and each way of esbuild are asked for 10,000 in all. */
const RELOADS = 2_000
/** It keeps each version until the process ends. */
const IMPORTS = 1_000
const OTHER_RELOADS = 200
/** It waits 100 ms for further changes, each time. */
const DYNOHOT_RELOADS = 15
/** On each other Node, in three rounds. */
const ELSEWHERE = { rounds: 3, reloads: 500 }

const DYNOHOT = ['--no-warnings', '--import', import.meta.resolve('./load/dynohot/register.js')]

/** What it takes to replace code once more, and what stays behind of it. */
export async function* load(): AsyncGenerator<Result> {
  await using ours = await LoadContender.start('uni-reload', RELOADS)
  await using esbuild = await LoadContender.start('esbuild', RELOADS)
  await using rebuild = await LoadContender.start('esbuild', RELOADS, { args: ['rebuild'] })
  await using written = await LoadContender.start('esbuild', RELOADS, { args: ['written'] })
  await using query = await LoadContender.start('import-query', IMPORTS)
  await using jiti = await LoadContender.start('jiti', OTHER_RELOADS)
  await using vite = await LoadContender.start('vite', OTHER_RELOADS)
  await using hotHook = await LoadContender.start('hot-hook', OTHER_RELOADS)
  await using dynohot = await LoadContender.start('dynohot', DYNOHOT_RELOADS, { execArgv: DYNOHOT })
  const times = (reloads: number): string => `${(reloads * ROUNDS).toLocaleString('en')} times`
  const peer = (contender: LoadContender, name: string, version: string): Contender<LoadRound> => ({
    name,
    version,
    run: () => contender.round(),
  })
  yield* await compareAll(
    asked(
      'load',
      `Write, load and serve the next version of a plugin of 10 kB, ${times(RELOADS)}, beside esbuild's own time`,
    ),
    {
      rounds: ROUNDS,
      withinS: 900,
      ours: () => ours.round(),
      peers: [
        peer(esbuild, 'esbuild, which bundles it anew, as a load does, and serves nothing', versionOf('esbuild')),
        peer(rebuild, 'esbuild, which keeps what it knows of the build before (rebuild)', versionOf('esbuild')),
        peer(written, 'esbuild, which writes the bundle and its source map into files', versionOf('esbuild')),
        peer(query, `import('?v='), ${times(IMPORTS)}`, PLATFORM.version),
        peer(jiti, `jiti, ${times(OTHER_RELOADS)}`, versionOf('jiti')),
        peer(vite, `Vite's module runner, ${times(OTHER_RELOADS)}`, versionOf('vite')),
        peer(hotHook, `hot-hook, ${times(OTHER_RELOADS)}`, versionOf('hot-hook')),
        peer(dynohot, `dynohot, ${times(DYNOHOT_RELOADS)}, with its 100 ms of patience`, versionOf('dynohot')),
      ],
    },
  )
  await using stored = await LoadContender.start('stored', RELOADS)
  yield* await compareAll(
    [
      {
        id: 'load/stored',
        question: `Read a version of it from the store, compare it with its digest, and serve it, ${times(RELOADS)}`,
        unit: 'ms',
        limit: 2,
      },
      retained('load/stored'),
    ],
    { rounds: ROUNDS, withinS: 120, ours: () => stored.round() },
  )
  for (const runtime of runtimes()) if (runtime.execPath !== process.execPath) yield* await loadOn(runtime)
}

async function loadOn({ major, execPath }: Runtime): Promise<Result[]> {
  const { rounds, reloads } = ELSEWHERE
  await using ours = await LoadContender.start('uni-reload', reloads, { execPath })
  await using esbuild = await LoadContender.start('esbuild', reloads, { execPath })
  await using query = await LoadContender.start('import-query', reloads, { execPath })
  const times = `${(rounds * reloads).toLocaleString('en')} times`
  return await compareAll(asked(`load/node-${major}`, `The same on Node ${major}, ${times}`), {
    rounds,
    withinS: 300,
    ours: () => ours.round(),
    peers: [
      { name: 'esbuild', version: versionOf('esbuild'), run: () => esbuild.round() },
      { name: "import('?v=')", version: `node ${major}`, run: () => query.round() },
    ],
  })
}

function asked(id: string, question: string): readonly Asked[] {
  return [{ id, question, unit: 'ms', limit: 1.3, limitOf: 'ratio' }, retained(id)]
}

function retained(id: string): Asked {
  return {
    id: `${id}/retained`,
    question: 'What the heap keeps of each version that is not served any more',
    unit: 'KiB',
    limit: 1,
  }
}
