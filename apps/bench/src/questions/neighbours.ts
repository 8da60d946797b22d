import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, type LiveResource, type Timeouts } from '@uni/reload-core'
import { Arrivals, arriving, longestOf } from '../crowd/arrivals.js'
import {
  KIND,
  noteOf,
  notes,
  notesHandoff,
  notesPlugin,
  type Note,
  type NoteKind,
  type NoteWrite,
} from '../crowd/notes.js'
import { compareAll, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'
import { quantileOf } from '../quantile.js'

const DOCUMENTS = 10_000
const WRITES_PER_SECOND = 2_000
/** Writers go on this long before a reload begins, and after it is over. */
const LEAD_MS = 100
const P99_LIMIT_MS = 5
const LONGEST_LIMIT_MS = 10
/** How long the odd one takes. */
const SLOW_MS = 2_000
const PATIENT: Timeouts = { prepare: 30_000, converge: 30_000, write: 30_000 }
/** How long each of many takes, where all take their time to close. */
const CLOSE_MS = 10
const ODD = 'the odd one'
const MARK: NoteWrite = {}
const never = new Promise<never>(() => {})

interface Trouble {
  readonly id: string
  readonly told: string
  /** A write to the odd one right before the reload. */
  readonly write?: () => Promise<void>
  /** How the new version opens documents. */
  readonly open?: NoteKind['open']
  /** What is given up on before {@link PATIENT}. */
  readonly timeouts?: Timeouts
  readonly ends: 'committed' | 'rolled back'
}

const TROUBLES: readonly Trouble[] = [
  { id: 'busy', told: 'is busy with a write of 2 s', write: () => sleep(SLOW_MS), ends: 'committed' },
  {
    id: 'slow',
    told: 'takes 2 s to open again',
    ends: 'committed',
    open: odd((name, writes) => sleep(SLOW_MS, noteOf(name, writes))),
  },
  {
    id: 'hanging',
    told: 'is never opened again, which is given up after 1 s',
    ends: 'rolled back',
    open: odd(() => never),
    timeouts: { prepare: 1_000 },
  },
  {
    id: 'stuck',
    told: 'has a write that never ends, which is given up after 1 s',
    ends: 'rolled back',
    write: () => never,
    timeouts: { converge: 1_000, write: 1_000 },
  },
  {
    id: 'failing',
    told: 'fails to open again',
    ends: 'rolled back',
    open: odd(() => {
      throw new Error('the odd one does not open')
    }),
  },
  {
    id: 'slow-to-close',
    told: 'fails to open again, and each of the others takes 10 ms to close',
    ends: 'rolled back',
    open: (name, writes) => {
      if (name === ODD) throw new Error('the odd one does not open')
      return { ...noteOf(name, writes), close: () => sleep(CLOSE_MS) }
    },
  },
]

/** Whether a resource in trouble is a matter of its own writers alone. */
export async function* neighbours(): AsyncGenerator<Result> {
  for (const trouble of TROUBLES) yield* await troubled(trouble)
}

function troubled(trouble: Trouble): Promise<Result[]> {
  const others = (DOCUMENTS - 1).toLocaleString('en')
  return compareAll(
    [
      {
        id: `neighbours/${trouble.id}-p99`,
        unit: 'ms',
        limit: P99_LIMIT_MS,
        question:
          `99 of 100 writes to ${others} documents are accepted within this, as they are reloaded with one that` +
          ` ${trouble.told}`,
      },
      { id: `neighbours/${trouble.id}`, unit: 'ms', limit: LONGEST_LIMIT_MS, question: 'The longest of them' },
    ],
    {
      rounds: 3,
      withinS: 15,
      warmups: 0,
      ours: () => waitsBeside(trouble),
      peers: [{ name: 'nothing is replaced', version: PLATFORM.version, run: () => waitsBeside(undefined) }],
    },
  )
}

/** @param trouble none where nothing is reloaded. */
async function waitsBeside(trouble: Trouble | undefined): Promise<number[]> {
  await using host = new PluginHost({
    strategies: [notesHandoff()],
    timeouts: { ...PATIENT, ...trouble?.timeouts },
  })
  const handle = await host.add(notesPlugin(1))
  const attach = (name: string): Promise<LiveResource<Note, NoteWrite>> =>
    host.attach(notes, { name, key: KIND, open: (kind) => kind.open(name, 0) })
  const others: LiveResource<Note, NoteWrite>[] = []
  for (let at = 1; at < DOCUMENTS; at += 1) others.push(await attach(`note ${at}`))
  const troubled = await attach(ODD)

  const writes = new Arrivals(WRITES_PER_SECOND, async (count) => others[(count * 7) % others.length]?.write(MARK))
  await arriving([writes], async () => {
    await sleep(LEAD_MS)
    if (trouble === undefined) return sleep(SLOW_MS)
    // Whoever made it has another concern.
    if (trouble.write !== undefined) troubled.write({ until: trouble.write() }).catch(() => {})
    const ended = await host.reload(handle, notesPlugin(2, trouble.open)).then(
      () => 'committed',
      () => 'rolled back',
    )
    if (ended !== trouble.ends) throw new Error(`a reload with one that ${trouble.told} was ${ended}`)
    await sleep(LEAD_MS)
  })
  if (writes.failed > 0) throw new Error(`${writes.failed} writes failed`)
  return [quantileOf(writes.waits, 0.99), longestOf(writes.waits)]
}

function odd(open: NoteKind['open']): NoteKind['open'] {
  return (name, writes) => (name === ODD ? open(name, writes) : noteOf(name, writes))
}
