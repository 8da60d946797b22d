import { ReloadError, type ReloadErrorCode } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import type { CrdtKindProvider, CrdtState } from '../../contract.js'
import { closeQuietly } from '../../state.js'
import type { CrdtCase } from '../case.js'
import { makeEdits } from '../edits.js'
import { OPEN_MS, ReloadStand } from '../reload-stand.js'
import { differ, sameValue } from '../same-value.js'
import { SMALL, valueNow, type Stand } from '../stand.js'
import { Rendezvous } from '../rendezvous.js'

/** How a later version fails, after edits were made meanwhile. */
interface Fault {
  readonly name: string
  readonly title: string
  readonly code: ReloadErrorCode
  /** Opens a document in place of the new version's `fromPersisted`. */
  open?(next: CrdtKindProvider, bytes: Uint8Array, reloads: ReloadStand): unknown
  /** Whether it fails when it is judged by the document; otherwise when that is handed over. */
  readonly judged?: boolean
  /** Called while the new version is opening the document. */
  meanwhile?(reloads: ReloadStand, abort: AbortController): void
}

const FAULTS: readonly Fault[] = [
  {
    name: 'refused',
    title: 'is refused, since it reads the document otherwise',
    code: 'SCHEMA_INCOMPAT',
    judged: true,
    open: misread,
  },
  {
    name: 'open-throws',
    title: 'throws',
    code: 'HANDOFF',
    open: () => {
      throw new Error('planted')
    },
  },
  {
    name: 'open-throws-anything',
    title: 'throws what is no Error',
    code: 'HANDOFF',
    open: () => {
      throw undefined
    },
  },
  {
    name: 'open-rejects',
    title: 'rejects with what is no Error',
    code: 'HANDOFF',
    open: () => Promise.reject(Symbol('planted')),
  },
  {
    name: 'open-hangs',
    title: 'hangs past the deadline, and answers after all',
    code: 'STEP_TIMEOUT',
    meanwhile: ({ clock }) => clock.advance(OPEN_MS),
  },
  { name: 'open-nothing', title: 'gives nothing', code: 'HANDOFF', open: () => undefined },
  {
    name: 'open-shapeless',
    title: 'gives something that is no document',
    code: 'HANDOFF',
    open: () => ({ value: () => 1 }),
  },
  {
    name: 'open-otherwise',
    title: 'opens the document as an empty one',
    code: 'HANDOFF',
    open: (next) => next.empty(),
  },
  {
    name: 'bytes-truncated',
    title: 'gets half of the bytes',
    code: 'HANDOFF',
    open: (next, bytes) => next.fromPersisted(bytes.slice(0, bytes.length >> 1)),
  },
  {
    name: 'value-throws',
    title: 'cannot say what the document means',
    code: 'HANDOFF',
    open: opening({
      value: () => {
        throw new Error('planted')
      },
    }),
  },
  {
    name: 'operation-refused',
    title: 'refuses an operation that the old version took',
    code: 'HANDOFF',
    open: opening({
      apply: () => {
        throw new Error('planted')
      },
    }),
  },
  {
    name: 'operation-lost',
    title: 'takes operations and loses them',
    code: 'HANDOFF',
    open: opening({ apply: () => {} }),
  },
  { name: 'aborted', title: 'is aborted', code: 'ABORTED', meanwhile: (_, abort) => abort.abort() },
]

/** Reloads that fail: the old document serves with everything that was acknowledged, and nothing is left open. */
export const failureSuite: readonly CrdtCase[] = [
  ...FAULTS.map((fault): CrdtCase => ({
    key: `failure/${fault.name}`,
    rule: 'X21',
    title: `the document serves on where its next version ${fault.title}`,
    async run(stand, expect: Expectation) {
      const [before, during, after] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before, { sampleLimit: fault.judged ? 1 : 0 })
      const old = await reloads.serving()
      const error = await failWith(fault, reloads, during)
      if (!ReloadError.is(error)) return expect.fail(`the reload did not fail with a ReloadError: ${String(error)}`)
      expect.that(
        error.code === fault.code,
        `the reload failed with ${error.code}; expected ${fault.code}: ${error.message}`,
      )
      expect.that(
        error.rollbackErrors.length === 0,
        `undoing the reload failed: ${error.rollbackErrors.map(String).join('; ')}`,
      )
      await servesOn(reloads, expect, old, after)
    },
  })),
  {
    key: 'failure/then-reload',
    rule: 'X21',
    title: 'a document whose reload failed is handed over by a later one',
    async run(stand, expect: Expectation) {
      const [before, during, after] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before)
      await failWith(
        {
          name: '',
          title: '',
          code: 'HANDOFF',
          open: () => {
            throw new Error('planted')
          },
        },
        reloads,
        during,
      )
      await expect.works('a reload after one that failed', () => reloads.reload())
      await reloads.write(after)
      sameValue(
        expect,
        await reloads.value(),
        reloads.expected,
        'the document that serves after a reload that failed and one that did not',
      )
    },
  },
]

/** Opens the document that serves as an empty one, and others as they are. */
async function misread(next: CrdtKindProvider, bytes: Uint8Array, reloads: ReloadStand): Promise<CrdtState> {
  const state = await next.fromPersisted(bytes)
  if (differ(valueNow(state), reloads.expected)) return state
  await closeQuietly(state)
  return next.empty()
}

/** Opens a document as the new version does, with some methods replaced. */
function opening(methods: Partial<CrdtState>): NonNullable<Fault['open']> {
  return async (next, bytes) => Object.assign(await next.fromPersisted(bytes), methods)
}

function threeParts(stand: Stand): readonly [before: Uint8Array[], during: Uint8Array[], after: Uint8Array[]] {
  const ops = makeEdits(stand.subject, { count: 3 * SMALL, seed: stand.seed })
  return [ops.slice(0, SMALL), ops.slice(SMALL, 2 * SMALL), ops.slice(2 * SMALL)]
}

/** @returns the error of the reload, or `undefined`. */
async function failWith(
  { open, judged = false, meanwhile }: Fault,
  reloads: ReloadStand,
  during: readonly Uint8Array[],
): Promise<unknown> {
  const rendezvous = new Rendezvous()
  const abort = new AbortController()
  const failed = reloads
    .reload({ signal: abort.signal }, (next, moment) => ({
      async fromPersisted(bytes) {
        if (moment.handingOver === judged) return next.fromPersisted(bytes)
        await rendezvous.wait()
        return (await (open ?? ((it) => it.fromPersisted(bytes)))(next, bytes, reloads)) as CrdtState
      },
    }))
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  await Promise.race([rendezvous.arrived, failed])
  await reloads.write(during)
  meanwhile?.(reloads, abort)
  if (meanwhile) await failed
  rendezvous.goOn()
  return failed
}

async function servesOn(
  reloads: ReloadStand,
  expect: Expectation,
  old: CrdtState,
  after: readonly Uint8Array[],
): Promise<void> {
  expect.that((await reloads.serving()) === old, 'another document serves after a reload that failed')
  await reloads.write(after)
  sameValue(expect, await reloads.value(), reloads.expected, 'the document that serves after a reload that failed')
  await reloads.watch.allClosed(old)
  const closes = reloads.watch.closesOf(old)
  expect.that(
    closes.every((count) => count === 1),
    `of ${closes.length} documents that the reload had opened, ${closes.filter((count) => count !== 1).length} ` +
      'were not closed once',
  )
}
