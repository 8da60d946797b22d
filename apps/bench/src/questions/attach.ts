import { PluginHost, type Detached, type LiveResource } from '@uni/reload-core'
import { KIND, noteOf, notes, notesHandoff, notesPlugin, type Note, type NoteWrite } from '../crowd/notes.js'
import { collectGarbage, compare, compareAll, PLATFORM, type Asked } from '../measure.js'
import type { Result } from '../result.js'

const SIZES = [100, 1_000, 10_000, 100_000]
const TIMES = 1_000
const LIMIT_US = 15
/** "Within 2 × from 100 to 100,000." */
const GROWTH_LIMIT = 2
const WEIGHED = 10_000
const LIVE_LIMIT_BYTES = 1024
const PENDING_LIMIT_BYTES = 2048

type LiveNote = LiveResource<Note, NoteWrite>

/** What one resource more costs, with however many there are. */
export async function* attach(): AsyncGenerator<Result> {
  yield* await attaching()
  yield weighingLive()
  yield weighingPending()
}

/**
 * Each round begins with a turn that is not counted: the collector has just shrunk the space for what is short-lived.
 */
async function attaching(): Promise<Result[]> {
  const hosts: PluginHost[] = []
  const maps: Map<string, Note>[] = []
  for (const size of SIZES) {
    hosts.push(await hostOf(size))
    maps.push(new Map(Array.from({ length: size }, (_, at) => [`note ${at}`, noteOf(`note ${at}`)])))
  }
  const results = await compareAll(SIZES.flatMap(questionsAt).concat(growth('attach'), growth('detach')), {
    ours: async () => {
      const times: Times[] = []
      await attachAndDetach(hosts[0] as PluginHost)
      for (const host of hosts) times.push(await attachAndDetach(host))
      return withGrowth(times)
    },
    peers: [
      {
        name: 'Map.set and delete of what an async function opened',
        version: PLATFORM.engine,
        async run() {
          const times: Times[] = []
          await setAndDelete(maps[0] as Map<string, Note>)
          for (const map of maps) times.push(await setAndDelete(map))
          return withGrowth(times)
        },
      },
    ],
  })
  for (const host of hosts) await host[Symbol.asyncDispose]()
  return results
}

interface Times {
  readonly attach: number
  readonly detach: number
}

function questionsAt(size: number): Asked[] {
  const live = size.toLocaleString('en')
  return [
    {
      id: `attach/${size}`,
      unit: 'µs',
      limit: LIMIT_US,
      question: `Attach one resource to a host with ${live} live ones`,
    },
    { id: `attach/detach-${size}`, unit: 'µs', limit: LIMIT_US, question: 'Detach it, until it is closed' },
  ]
}

function growth(what: string): Asked {
  return {
    id: `attach/${what}-growth`,
    unit: '×',
    limit: GROWTH_LIMIT,
    question: `One ${what} at 100,000 live ones takes so many times what it does at 100`,
  }
}

function withGrowth(times: readonly Times[]): number[] {
  const [first, last] = [times[0] as Times, times.at(-1) as Times]
  return [
    ...times.flatMap(({ attach, detach }) => [attach, detach]),
    last.attach / first.attach,
    last.detach / first.detach,
  ]
}

async function attachAndDetach(host: PluginHost): Promise<Times> {
  const live: LiveNote[] = []
  const startedAt = performance.now()
  for (let at = 0; at < TIMES; at += 1) live.push(await attached(host, `guest ${at}`))
  const attachedAt = performance.now()
  for (const resource of live) {
    const { finalized }: Detached = await resource.detach()
    await finalized
  }
  return timesOf(startedAt, attachedAt)
}

async function setAndDelete(map: Map<string, Note>): Promise<Times> {
  const startedAt = performance.now()
  for (let at = 0; at < TIMES; at += 1) map.set(`guest ${at}`, await openNote(`guest ${at}`))
  const attachedAt = performance.now()
  for (let at = 0; at < TIMES; at += 1) {
    const note = map.get(`guest ${at}`)
    map.delete(`guest ${at}`)
    await closeNote(note)
  }
  return timesOf(startedAt, attachedAt)
}

function timesOf(startedAt: number, attachedAt: number): Times {
  const each = (ms: number): number => (ms * 1000) / TIMES
  return { attach: each(attachedAt - startedAt), detach: each(performance.now() - attachedAt) }
}

/** What the heap keeps of each, its name and the empty document included. */
function weighingLive(): Promise<Result> {
  return compare({
    id: 'attach/memory',
    unit: 'bytes',
    rounds: 3,
    limit: LIVE_LIMIT_BYTES,
    question: `What the heap keeps of each of ${WEIGHED.toLocaleString('en')} live resources`,
    async ours() {
      const before = await heapBytes()
      await using host = await hostOf(WEIGHED)
      const after = await heapBytes()
      // The host is still in use.
      return (after - before) / host.resources().length
    },
    peers: [
      {
        name: 'a Map of such documents',
        version: PLATFORM.engine,
        async run() {
          const before = await heapBytes()
          const map = new Map(Array.from({ length: WEIGHED }, (_, at) => [`note ${at}`, noteOf(`note ${at}`)]))
          const after = await heapBytes()
          return (after - before) / map.size
        },
      },
    ],
  })
}

/** Weighed when the last is ready and the commit is about to begin, which is when there is the most of it. */
function weighingPending(): Promise<Result> {
  return compare({
    id: 'attach/memory-pending',
    unit: 'bytes',
    rounds: 3,
    limit: PENDING_LIMIT_BYTES,
    question: `And besides, of each of ${WEIGHED.toLocaleString('en')} pending handoffs, its successor included`,
    async ours() {
      const pending = { bytes: 0 }
      const weigh = (): void => {
        globalThis.gc?.()
        pending.bytes = process.memoryUsage().heapUsed
      }
      await using host = await hostOf(WEIGHED, weigh)
      const handle = host.plugin('notes')
      if (handle === undefined) throw new Error('the plugin is installed')
      const before = await heapBytes()
      await (
        await host.reload(handle, notesPlugin(2))
      ).finalized
      return (pending.bytes - before) / WEIGHED
    },
  })
}

async function hostOf(size: number, onCommit?: () => void): Promise<PluginHost> {
  const host = new PluginHost({
    strategies: [notesHandoff()],
    observer: (event) => {
      if (event.type === 'phase-started' && event.phase === 'commit') onCommit?.()
    },
  })
  await host.add(notesPlugin(1))
  for (let at = 0; at < size; at += 1) await attached(host, `note ${at}`)
  return host
}

function attached(host: PluginHost, name: string): Promise<LiveNote> {
  return host.attach(notes, { name, key: KIND, open: async (kind) => kind.open(name, 0) })
}

async function openNote(name: string): Promise<Note> {
  return noteOf(name)
}

async function closeNote(note: Note | undefined): Promise<void> {
  await note?.close?.()
}

async function heapBytes(): Promise<number> {
  await collectGarbage()
  await collectGarbage()
  return process.memoryUsage().heapUsed
}
