import type { ReloadErrorCode } from '@uni/reload-core'
import { ManualClock, type Expectation } from '@uni/reload-core/testing'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'
import { Live, OPEN_MS, type LiveOptions } from '../live.js'
import { replacing } from '../watch.js'
import { STEPS_WORK } from './handoff.js'

const FAULT = new Error('a fault that the suite injected')

interface Failure {
  readonly key: string
  readonly title: string
  readonly code: ReloadErrorCode
  readonly claims?: Case['claims']
  readonly needs?: readonly string[]
  readonly options: (bench: Bench, live: () => Live) => LiveOptions | Promise<LiveOptions>
}

/** Reloads that fail: each ends with a typed error, and the old index serves with every write. */
const FAILURES: readonly Failure[] = [
  {
    key: 'failure/open-throws',
    title: 'open() throws',
    code: 'HANDOFF',
    options: () => ({
      next: {
        open: () => {
          throw FAULT
        },
      },
    }),
  },
  {
    key: 'failure/open-no-error',
    title: 'open() rejects with what is no error',
    code: 'HANDOFF',
    options: () => ({ next: { open: () => Promise.reject() } }),
  },
  {
    key: 'failure/open-malformed',
    title: 'open() gives what is no handle',
    code: 'HANDOFF',
    options: () => ({ next: { opened: () => ({ probe: undefined as never }) } }),
  },
  {
    key: 'failure/verify',
    title: 'the new index answers otherwise',
    code: 'HANDOFF',
    options: () => ({ compare: () => 'too dear' }),
  },
  {
    key: 'failure/replay',
    title: 'the new index refuses a write that the old one took',
    code: 'HANDOFF',
    claims: ['writes'],
    options: (_, live) => ({
      next: {
        open: async (open) => {
          const handle = await open()
          await live().writes(1, 2)
          return handle
        },
        opened: () => ({
          apply: () => {
            throw FAULT
          },
        }),
      },
    }),
  },
  {
    key: 'failure/persist-throws',
    title: 'persist() throws',
    code: 'HANDOFF',
    options: () => ({
      old: {
        built: () => ({
          persist: () => {
            throw FAULT
          },
        }),
      },
    }),
  },
  {
    key: 'failure/persist-malformed',
    title: 'persist() gives what is no image',
    code: 'HANDOFF',
    options: () => ({ old: { built: () => ({ persist: () => 'bytes' as never }) } }),
  },
  {
    key: 'failure/persist-empty',
    title: 'persist() gives no bytes',
    code: 'HANDOFF',
    options: () => ({ old: { built: () => ({ persist: () => new Uint8Array() }) } }),
  },
  {
    key: 'failure/torn',
    title: 'half of the image arrives',
    code: 'HANDOFF',
    needs: ['damage/torn'],
    async options(bench) {
      const bytes = await bench.bytesOf(await bench.built(await bench.previous()))
      return { old: { built: () => ({ persist: () => bytes.slice(0, Math.ceil(bytes.byteLength / 2)) }) } }
    },
  },
  {
    key: 'failure/exclusive',
    title: 'the new version opens an exclusive index and fails: the old one opens the same image again',
    code: 'HANDOFF',
    needs: ['form/read-only', 'handoff/exclusive'],
    options: () => ({ cutover: 'exclusive', compare: () => 'too dear' }),
  },
]

const failureCase = ({ key, title, code, claims, needs = [], options }: Failure): Case => ({
  key,
  rule: 'I3',
  title: `${title}: a typed error, and the old index serves with every write`,
  needs: [...STEPS_WORK, ...needs],
  ...(claims && { claims }),
  async run(bench: Bench, expect: Expectation) {
    const live: Live = await Live.start(bench, await options(bench, () => live))
    await live.writes(0)
    const error = await live.failure(live.dispatch())
    expect.that(error.code === code, `expected a failure ${code}, and got ${error.message}`)
    await live.writes(3, 4)
    await live.expectServes('old')
  },
})

/** A call that is still pending at its deadline. What it gives later is closed. */
const late = (
  key: string,
  title: string,
  code: ReloadErrorCode,
  end: (clock: ManualClock, abort: AbortController) => void,
): Case => ({
  key,
  rule: 'I8',
  title: `${title}: a typed error, the old index serves, and what comes late is closed once`,
  needs: STEPS_WORK,
  async run(bench: Bench, expect: Expectation) {
    const clock = new ManualClock()
    const abort = new AbortController()
    const [reached, gone, closed] = [event(), event(), event()]
    const live = await Live.start(bench, {
      clock,
      next: {
        async open(opening) {
          const handle = await opening()
          reached.happen()
          await gone.happened
          return replacing(handle, {
            close: async () => {
              try {
                await handle.close?.()
              } finally {
                closed.happen()
              }
            },
          })
        },
      },
    })
    const dispatched = live.dispatch({ signal: abort.signal })
    // A version that fails by itself never reaches that call.
    await expect.works('the reload, until its time is up,', () => Promise.race([reached.happened, dispatched]))
    await live.writes(0, 1)
    end(clock, abort)
    const error = await live.failure(dispatched)
    expect.that(error.code === code, `expected a failure ${code}, and got ${error.message}`)
    await live.writes(2)
    gone.happen()
    await closed.happened
    await live.expectServes('old')
  },
})

function event(): { readonly happened: Promise<void>; happen(): void } {
  let happen = (): void => {}
  const happened = new Promise<void>((resolve) => {
    happen = resolve
  })
  return { happened, happen: () => happen() }
}

export const failureCases: readonly Case[] = [
  ...FAILURES.map(failureCase),
  late('failure/hangs', 'open() passes its deadline', 'STEP_TIMEOUT', (clock) => clock.advance(OPEN_MS)),
  late('failure/aborted', 'the reload is called off while open() is pending', 'ABORTED', (_, abort) =>
    abort.abort(FAULT),
  ),
]
