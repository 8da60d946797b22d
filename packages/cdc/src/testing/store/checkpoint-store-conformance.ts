import { checkOptions, option, type MaybePromise, type OptionChecks } from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
  type NamedKinds,
} from '@uni/reload-core/testing'
import type { CheckpointStore } from '../../checkpoints/checkpoint-store.js'
import type { CdcLsn } from '../../contract.js'
import { show } from '../../errors.js'

/** One store that is empty and used by nobody else. */
export interface CheckpointStoreFixture {
  readonly store: CheckpointStore
  /** The same store, as the program finds it when it is started again. For the capability `durable`. */
  reopen?(): MaybePromise<CheckpointStore>
  dispose?(): MaybePromise<void>
}

/** What a store claims, and is tested for. */
export interface CheckpointStoreCapabilities {
  /** It outlives the program. */
  readonly durable?: boolean | undefined
  /** How many bits an LSN may have. Default 63, as in a signed 64-bit integer. */
  readonly lsnBits?: number | undefined
}

export interface CheckpointStoreConformanceOptions extends KitOptions {
  /** Called once for each test. */
  make(): MaybePromise<CheckpointStoreFixture>
  readonly capabilities?: CheckpointStoreCapabilities | undefined
}

/** Names that a file system, a database or an encoding may refuse, or confuse with one another. */
const NAMES = [
  'orders',
  'Orders',
  'ORDERS',
  '',
  ' ',
  '.',
  '..',
  '../orders',
  'a/b',
  'a\\b',
  'a%2fb',
  'a:b',
  'nul',
  'con',
  'orders.',
  'orders ',
  '~orders',
  "'; --",
  '\0',
  '\n',
  '__proto__',
  'constructor',
  'é',
  'e\u0301',
  '\uD800',
  '\uD801',
  '\uFFFD',
  'ж'.repeat(41),
  '流'.repeat(28),
  'a'.repeat(300),
  `${'a'.repeat(300)}b`,
]

const OPTIONS: OptionChecks<CheckpointStoreConformanceOptions> = {
  ...KIT,
  make: option.required(option.function),
  capabilities: option.object<CheckpointStoreCapabilities>({ durable: option.flag, lsnBits: option.integer(1) }),
}

/** The parts of a fixture whose calls may never settle, so that the error names the call. */
const NAMED: NamedKinds = { store: ['load', 'save'] }

/** Declares a test for each of the rules S1 to S5 of SPEC.md, which a store of checkpoints has to keep. */
export function runCheckpointStoreConformance(options: CheckpointStoreConformanceOptions): void {
  const { test, make, capabilities, ...kit } = checkOptions(options, 'runCheckpointStoreConformance options', OPTIONS)
  declareConformance(test, checkpointStoreCases({ make, ...(capabilities && { capabilities }) }), {
    kit: 'runCheckpointStoreConformance',
    ...kit,
  })
}

export function checkpointStoreCases({
  make,
  capabilities = {},
}: Omit<CheckpointStoreConformanceOptions, keyof KitOptions>): ConformanceCase[] {
  const { durable = false, lsnBits = 63 } = capabilities
  return [
    storeCase('load/none', 'S1', 'has no checkpoint of a stream before one is saved', [], async ({ store }, expect) => {
      await loads(expect, store, 'orders', undefined)
      await store.save('orders', 5n)
      await loads(expect, store, 'customers', undefined)
    }),
    storeCase(
      'save/exact',
      'S2',
      `gives back what was saved, exactly, up to ${lsnBits} bits`,
      ['load/none'],
      async ({ store }, expect) => {
        for (const lsn of [0n, 1n, 2n ** 53n + 1n, 2n ** BigInt(lsnBits) - 1n]) {
          await expect.works(`save(${lsn})`, () => store.save('orders', lsn))
          await loads(expect, store, 'orders', lsn)
        }
      },
    ),
    storeCase(
      'save/last',
      'S3',
      'keeps the last of several saves that were begun at once',
      ['load/none'],
      async ({ store }, expect) => {
        await expect.works('20 saves', () =>
          Promise.all(Array.from({ length: 20 }, (_, lsn) => store.save('orders', BigInt(lsn)))),
        )
        await loads(expect, store, 'orders', 19n)
      },
    ),
    storeCase(
      'streams/apart',
      'S4',
      'keeps streams apart, whatever their names',
      ['save/exact'],
      async ({ store }, expect) => {
        for (const [at, name] of NAMES.entries()) {
          await expect.works(`save() for the stream ${show(name)}`, () => store.save(name, BigInt(at)))
        }
        for (const [at, name] of NAMES.entries()) await loads(expect, store, name, BigInt(at))
      },
    ),
    ...(durable
      ? [
          storeCase(
            'durable/reopened',
            'S5',
            'has what was saved after a restart',
            ['save/exact'],
            async (fixture, expect) => {
              await fixture.store.save('orders', 5n)
              await fixture.store.save('orders', 7n)
              if (fixture.reopen === undefined) {
                throw new Error('the fixture has no reopen(), which a declared capability needs')
              }
              await loads(expect, await fixture.reopen(), 'orders', 7n)
            },
          ),
        ]
      : []),
  ]

  function storeCase(
    key: string,
    rule: string,
    title: string,
    needs: readonly string[],
    run: (fixture: CheckpointStoreFixture, expect: Expectation) => Promise<void>,
  ): ConformanceCase {
    return {
      key,
      rule,
      title,
      needs,
      async run(expect, after) {
        const fixture = expect.named(await expect.call('make()', make), 'fixture', NAMED)
        after(() => fixture.dispose?.())
        await run(fixture, expect)
      },
    }
  }
}

async function loads(
  expect: Expectation,
  store: CheckpointStore,
  stream: string,
  expected: CdcLsn | undefined,
): Promise<void> {
  const found: unknown = await expect.works(`load() for the stream ${show(stream)}`, () => store.load(stream))
  expect.that(
    found === expected,
    `the checkpoint of the stream ${show(stream)} is ${expected}, and load() gives ${show(found)}`,
  )
}
