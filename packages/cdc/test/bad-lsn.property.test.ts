import { fc } from '@fast-check/vitest'
import { ReloadError } from '@uni/reload-core'
import { attempt, type Attempt } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'
import { CdcError, expectedLsn, type CdcBatch, type CdcOutputProvider } from '../src/index.js'
import { Served } from './support/dispatch.js'
import { mutations } from './support/mutations.js'
import { provider, Sink } from './support/sink.js'

/** What is said to be an LSN: a place relative to where the stream continues, or something that is none. */
type Said = { readonly offset: number } | { readonly value: unknown }

type Command =
  | { do: 'deliver'; start: Said; end: Said; fails: boolean; thrown: unknown }
  | { do: 'reload'; checkpoint: Said | 'throws'; starts: boolean; fits: boolean; thrown: unknown }

const none: fc.Arbitrary<Said> = fc
  .constantFrom<unknown[]>(-1n, -(2n ** 70n), 3, Number.NaN, '3', null, undefined, {})
  .map((value) => ({ value }))
const near = (min: number, max: number): fc.Arbitrary<Said> => fc.integer({ min, max }).map((offset) => ({ offset }))
const thrown = fc.constantFrom<unknown[]>(new Error('no'), 'no', undefined, null, 0, Object.create(null))

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      fails: fc.boolean(),
      thrown,
      start: fc.oneof(
        { weight: 6, arbitrary: fc.constant<Said>({ offset: 0 }) },
        { weight: 3, arbitrary: near(-4, 4) },
        { weight: 1, arbitrary: none },
      ),
      end: fc.oneof({ weight: 8, arbitrary: near(-1, 4) }, { weight: 1, arbitrary: none }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('reload' as const),
      starts: fc.boolean(),
      thrown,
      // Whether the new version says that it stands where it was started.
      fits: fc.boolean(),
      checkpoint: fc.oneof(
        { weight: 6, arbitrary: near(-5, 4) },
        { weight: 1, arbitrary: none },
        { weight: 1, arbitrary: fc.constant('throws' as const) },
      ),
    }),
  },
)

/** What should happen, told by what has happened: nothing of the package is in it. */
class Model {
  version = 1
  continues = 3n
  furthest = 3n
  durable = 0n
  readonly stored: (readonly [start: bigint, end: bigint])[] = [[0n, 3n]]

  say(said: Said): unknown {
    return 'value' in said ? said.value : this.continues + BigInt(said.offset)
  }

  says({ start, end }: Extract<Command, { do: 'deliver' }>): readonly [start: unknown, end: unknown] {
    const lsnStart = this.say(start)
    return [lsnStart, 'value' in end ? end.value : (typeof lsnStart === 'bigint' ? lsnStart : 0n) + BigInt(end.offset)]
  }

  /** What a delivery is refused with. */
  refuses(start: unknown, end: unknown): CdcError['code'] | undefined {
    if (typeof start !== 'bigint' || typeof end !== 'bigint' || start < 0n || end <= start) return 'BATCH'
    return start === this.continues ? undefined : 'OUT_OF_ORDER'
  }

  /** Notes a delivery that reached the sink. */
  delivered(end: bigint, fails: boolean): void {
    this.furthest = end > this.furthest ? end : this.furthest
    if (fails) return
    this.stored.push([this.continues, end])
    this.continues = end
  }

  /** Notes that a stream was started at its checkpoint, which counts nothing that was refused. */
  startedAt(checkpoint: bigint): void {
    this.continues = this.furthest = this.durable = checkpoint < this.continues ? checkpoint : this.continues
  }

  isHonest(checkpoint: unknown): checkpoint is bigint {
    return typeof checkpoint === 'bigint' && checkpoint >= this.durable && checkpoint <= this.furthest
  }
}

/** One stream, whose sink stores whatever comes: what keeps rows in order is the host. */
class Bed {
  readonly sink = new Sink()
  #fault: { readonly thrown: unknown } | undefined
  #answer: () => unknown = () => 0n
  #fits = true
  #serving = 1
  #current = this.#version(1)

  async serve(): Promise<Served> {
    return await Served.with(this.#current)
  }

  async deliver(
    served: Served,
    lsnStart: unknown,
    lsnEnd: unknown,
    { fails, thrown: error }: Extract<Command, { do: 'deliver' }>,
  ): Promise<Attempt<void>> {
    this.#fault = fails ? { thrown: error } : undefined
    return await attempt(() =>
      served.gate.write({ lsnStart, lsnEnd, mutations: mutations(1), commitTimestamp: new Date(0) } as CdcBatch),
    )
  }

  async reload(
    served: Served,
    version: number,
    checkpoint: unknown,
    { starts, fits, thrown: error, ...step }: Extract<Command, { do: 'reload' }>,
  ): Promise<Attempt<void>> {
    this.#answer = () => {
      if (step.checkpoint === 'throws') throw error
      return checkpoint
    }
    this.#fits = fits
    const next = this.#version(version, starts ? undefined : { thrown: error })
    return await attempt(async () => {
      const outcome = await served.dispatch(next, { old: this.#current })
      outcome.commit()
      await outcome.finalize()
      this.#current = next
      this.#serving = version
    })
  }

  #version(version: number, fails?: { readonly thrown: unknown }): CdcOutputProvider {
    return provider(this.sink, {
      version: `v${version}`,
      guarantee: 'at-least-once',
      faults: {
        start: () => {
          if (fails) throw fails.thrown
        },
        deliver: () => {
          if (this.#fault) throw this.#fault.thrown
        },
        checkpoint: (lsn) => (version === this.#serving ? this.#answer() : this.#fits ? lsn : lsn + 1n),
      },
    })
  }
}

it('C1 C3 C5 C6 C22 I3 I4 I5 bad LSNs and whatever is thrown end in a typed error, and the old version serves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25, size: 'max' }), async (schedule) => {
      const [bed, model] = [new Bed(), new Model()]
      const served = await bed.serve()
      for (const step of schedule) {
        if (step.do === 'deliver') {
          const [start, end] = model.says(step)
          const outcome = await bed.deliver(served, start, end, step)
          const code = model.refuses(start, end)
          if (code === undefined) {
            expect(outcome).toEqual(step.fails ? { error: step.thrown } : { value: undefined })
            model.delivered(end as bigint, step.fails)
          } else {
            expect('error' in outcome && CdcError.is(outcome.error) && outcome.error.code).toBe(code)
          }
        } else {
          const checkpoint = step.checkpoint === 'throws' ? undefined : model.say(step.checkpoint)
          const outcome = await bed.reload(served, model.version + 1, checkpoint, step)
          const honest = step.checkpoint !== 'throws' && model.isHonest(checkpoint)
          if (step.starts && step.fits) model.version += 1
          else expect('error' in outcome && ReloadError.is(outcome.error) && outcome.error.rollbackErrors).toEqual([])
          // One that is none is done without: the last one counts.
          model.startedAt(honest ? checkpoint : model.durable)
        }
        expect(expectedLsn(served.gate.resource)).toBe(model.continues)
        expect(bed.sink.open.map(({ provider: version }) => version)).toEqual([`v${model.version}`])
      }
      expect(bed.sink.stored.map(({ lsnStart, lsnEnd }) => [lsnStart, lsnEnd])).toEqual(model.stored)
      expect(bed.sink.opened.every(({ shutdowns }) => shutdowns <= 1)).toBe(true)
    }),
    { numRuns: 200 },
  )
})
