import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, type PluginHandle } from '@uni/reload-core'
import { KIND, noteOf, notes, notesHandoff, notesPlugin } from '../crowd/notes.js'
import { compareAll, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'
import { longestStall, StallWatch } from '../stall-watch.js'

const SIZES = [
  { size: 10_000, rounds: 5, withinS: 15 },
  { size: 100_000, rounds: 3, withinS: 60 },
]
const LIMIT_MS = 8
const IDLE_MS = 1_000

/** The longest that the event loop stands still by the library's own work: the documents are empty. */
export async function* stall(): AsyncGenerator<Result> {
  for (const { size, ...rounds } of SIZES) yield* await stalling(size, rounds)
}

function stalling(size: number, rounds: { rounds: number; withinS: number }): Promise<Result[]> {
  const what = `${size.toLocaleString('en')} empty documents`
  const asked = [
    ['reload', `a reload hands over ${what}`],
    ['finalize', 'the old ones are closed'],
    ['rollback', 'a reload that fails at the last of them is rolled back'],
    ['dispose', 'the host closes'],
  ] as const
  return compareAll(
    asked.map(([id, told]) => ({
      id: `stall/${id}-${size}`,
      unit: 'ms',
      limit: LIMIT_MS,
      question: `The longest that the event loop stands still while ${told}`,
    })),
    {
      ...rounds,
      ours: () => stallsOf(size),
      peers: [
        {
          name: 'nothing at all, for a second',
          version: PLATFORM.version,
          run: async () => Array<number>(asked.length).fill(await longestStall(() => sleep(IDLE_MS))),
        },
      ],
    },
  )
}

async function stallsOf(size: number): Promise<number[]> {
  await using watch = new StallWatch()
  const host = new PluginHost({
    strategies: [notesHandoff()],
    // What came before the rollback is another matter.
    observer: (event) => {
      if (event.type === 'phase-started' && event.phase === 'rollback') watch.lap()
    },
  })
  let handle = await host.add(notesPlugin(1))
  for (let at = 0; at < size; at += 1) {
    await host.attach(notes, { name: `note ${at}`, key: KIND, open: (kind) => kind.open(`note ${at}`, 0) })
  }
  watch.lap()
  const result = await host.reload(handle, notesPlugin(2))
  handle = result.handle
  const reload = watch.lap()
  await result.finalized
  const finalize = watch.lap()
  await failingReload(host, handle, `note ${size - 1}`)
  const rollback = watch.lap()
  await host[Symbol.asyncDispose]()
  return [reload, finalize, rollback, watch.lap()]
}

async function failingReload(host: PluginHost, handle: PluginHandle, last: string): Promise<void> {
  const failing = notesPlugin(3, (name, writes) => {
    if (name === last) throw new Error('the last one does not open')
    return noteOf(name, writes)
  })
  const failed = await host.reload(handle, failing).then(
    () => false,
    () => true,
  )
  if (!failed) throw new Error('a reload succeeded that was to fail')
}
