import { fc } from '@fast-check/vitest'
import { attempt } from '@uni/reload-core/testing'
import { expect, it } from 'vitest'
import { MemoryCommitLog } from '../src/index.js'
import { mutations } from './support/mutations.js'

type Command = { do: 'append'; rows: number; lsns: bigint | undefined } | { do: 'release'; behind: bigint }

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      rows: fc.integer({ min: 1, max: 3 }),
      lsns: fc.option(fc.bigInt({ min: 1n, max: 6n }), { nil: undefined }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('release' as const), behind: fc.bigInt({ min: -2n, max: 12n }) }),
  },
)

/** The same, as a list that is searched from the start. */
class Model {
  batches: { readonly start: bigint; readonly end: bigint }[] = []
  head: bigint

  constructor(
    start: bigint,
    readonly maxRetained: bigint | undefined,
  ) {
    this.head = start
  }

  get oldest(): bigint {
    return this.batches[0]?.start ?? this.head
  }

  append(lsns: bigint): void {
    this.batches.push({ start: this.head, end: this.head + lsns })
    this.head += lsns
    const bound = this.maxRetained
    if (bound !== undefined)
      this.batches = this.batches.filter(
        ({ start }, at) => start >= this.head - bound || at === this.batches.length - 1,
      )
  }

  release(upTo: bigint): void {
    this.batches = this.batches.filter(({ end }) => end > upTo)
  }

  /** What is read from there, or why not. */
  from(lsn: bigint): bigint[] | string {
    if (lsn < this.oldest) return 'LOG_RELEASED'
    if (lsn !== this.head && !this.batches.some(({ start }) => start === lsn)) return 'LOG_POSITION'
    return this.batches.filter(({ start }) => start >= lsn).map(({ end }) => end)
  }
}

async function read(log: MemoryCommitLog, from: bigint): Promise<bigint[]> {
  const ends: bigint[] = []
  for await (const { lsnEnd } of log.read(from)) ends.push(lsnEnd)
  return ends
}

it('C14 C15 a log has what was neither released nor given up, and says of everything else why not', async () => {
  const bounds = fc.option(fc.bigInt({ min: 1n, max: 9n }), { nil: undefined })
  await fc.assert(
    fc.asyncProperty(
      bounds,
      fc.bigInt({ min: 0n, max: 2n ** 64n }),
      fc.array(command, { maxLength: 30 }),
      async (maxRetained, start, schedule) => {
        const log = new MemoryCommitLog(start, maxRetained === undefined ? {} : { maxRetained })
        const model = new Model(start, maxRetained)
        for (const step of schedule) {
          if (step.do === 'append') {
            const lsns = step.lsns ?? BigInt(step.rows)
            log.append(mutations(step.rows), new Date(0), model.head + lsns)
            model.append(lsns)
          } else {
            log.release(model.head - step.behind)
            model.release(model.head - step.behind)
          }
          expect({ oldest: log.oldest, head: log.head }).toEqual({ oldest: model.oldest, head: model.head })
        }
        for (let lsn = model.oldest - 2n; lsn <= model.head + 2n; lsn += 1n) {
          const expected = model.from(lsn)
          const found = await attempt(() => read(log, lsn))
          expect('value' in found ? found.value : found.error).toEqual(
            typeof expected === 'string' ? expect.objectContaining({ code: expected }) : expected,
          )
          expect(log.canReadFrom(lsn)).toBe(typeof expected !== 'string')
        }
      },
    ),
    { numRuns: 150 },
  )
})
