import { Slices, type MaybePromise } from '@uni/reload-core'
import { stepOutsideReloads, type Expectation } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import { buildIndex } from '../build-index.js'
import { answersOf, DEFAULT_K, type Asking, type Questions } from '../canary.js'
import type { IndexHandle, IndexImage, IndexKindProvider, IndexQuery } from '../contract.js'
import { BytesImage } from '../image/bytes-image.js'
import type { OwnedImage } from '../image/owned-image.js'
import { differenceIn, meaningOf, type Meaning } from '../meaning.js'
import { differentRows } from '../same-rows.js'
import { isFilteredQuery } from '../shape.js'
import { openIndex, persistIndex } from '../steps.js'
import type { IndexCapabilities, IndexFixture } from './fixture.js'
import { Random } from './random.js'

const TARGET = { key: 'conformance', name: 'index' }

/** Never fires: the runner ends a test. */
const UNENDING = new AbortController().signal

/** The fixture of a test, and what the test opens, which is closed when the test is over. */
export class Bench {
  readonly fixture: IndexFixture
  readonly capabilities: IndexCapabilities
  readonly seed: number
  readonly expect: Expectation
  /** Has `undo` run when the test is over, the last one first. */
  readonly later: (undo: () => unknown) => void
  readonly #make: () => MaybePromise<IndexFixture>
  readonly #closed = new WeakSet<IndexHandle>()

  constructor(
    fixture: IndexFixture,
    setup: {
      capabilities: IndexCapabilities
      seed: number
      expect: Expectation
      later: Bench['later']
      make(): MaybePromise<IndexFixture>
    },
  ) {
    this.fixture = fixture
    this.capabilities = setup.capabilities
    this.seed = setup.seed
    this.expect = setup.expect
    this.later = setup.later
    this.#make = setup.make
  }

  get provider(): IndexKindProvider {
    return this.fixture.provider
  }

  get random(): Random {
    return new Random(this.seed)
  }

  get questions(): Required<Questions> {
    const { queries, k = DEFAULT_K, filters = [], compare = differentRows } = this.fixture
    const filtered = this.capabilities.filter
      ? queries.flatMap((query): IndexQuery[] => filters.map(({ filter }) => ({ query, filter })))
      : []
    return { queries: [...queries, ...filtered], k, compare }
  }

  /** The queries that may be answered approximately, as far as the capability `recall` is claimed. */
  get searches(): ReadonlySet<IndexQuery> {
    const { queries, k = DEFAULT_K, scan } = this.fixture
    if (this.capabilities.recall === undefined) return new Set()
    if (!scan) this.expect.fail('make() gives no `scan`. The capability `recall` needs one')
    return new Set(queries.filter((query) => scan.call(this.fixture, query, k, 0) !== undefined))
  }

  /** The queries that have one right answer however often the index was changed. */
  get exactQuestions(): Required<Questions> {
    const { searches, questions } = this
    const queries = questions.queries.filter((query) => !searches.has(isFilteredQuery(query) ? query.query : query))
    this.expect.that(
      queries.length > 0,
      '`scan` answers every query of make(), so that a lost change would look like a row that was not found',
    )
    return { ...questions, queries }
  }

  /** The version under test, as another process would have it. */
  async elsewhere(): Promise<IndexKindProvider> {
    const other = await this.#make()
    this.later(() => other.dispose?.())
    return other.provider
  }

  /**
   * The version that is replaced: the one before if the fixture has it, otherwise the version under test as another
   * process would have it.
   */
  async previous(): Promise<IndexKindProvider> {
    if (!this.capabilities.upgrade) return this.elsewhere()
    return (
      this.fixture.previous ??
      this.expect.fail('make() gives no `previous`. The capability `upgrade` needs the version before')
    )
  }

  change(nth: number): RecordBatch {
    return this.fixture.change?.(nth) ?? this.expect.fail('make() gives no `change`. The capability `writes` needs one')
  }

  async built(provider = this.provider, source = this.fixture.source): Promise<IndexHandle> {
    const handle = await this.expect.works('build()', () => buildIndex(provider, source))
    return this.#tracked(handle)
  }

  builtEmpty(provider = this.provider): Promise<IndexHandle> {
    return this.built(provider, this.fixture.source.slice(0, 0))
  }

  /** An index to which the changes were applied one by one, and which was never persisted. */
  async rebuilt(provider: IndexKindProvider, changes: readonly number[]): Promise<IndexHandle> {
    const handle = await this.built(provider)
    await this.apply(handle, changes)
    return handle
  }

  async apply(handle: IndexHandle, changes: readonly number[]): Promise<void> {
    for (const nth of changes)
      await this.expect.works(`apply() of change ${nth}`, () => handle.apply?.(this.change(nth)))
  }

  /** An image of `handle`, discarded when the test is over. */
  async persisted(handle: IndexHandle): Promise<OwnedImage> {
    const image = await this.expect.works('persist()', () =>
      persistIndex(handle, TARGET, stepOutsideReloads(), { spool: this.fixture.spool, repeatable: false }),
    )
    this.later(() => image.discard())
    return image
  }

  /** The bytes that `handle` persists, as an array of their own. */
  async bytesOf(handle: IndexHandle): Promise<Uint8Array> {
    const image = await this.persisted(handle)
    const bytes = new Uint8Array(await this.expect.works('reading what persist() gave', () => image.bytes()))
    await image.discard()
    return bytes
  }

  imageOf(bytes: Uint8Array): BytesImage {
    const image = new BytesImage(bytes, { spool: this.fixture.spool })
    this.later(() => image.discard())
    return image
  }

  async opened(image: IndexImage, provider = this.provider): Promise<IndexHandle> {
    return this.expect.works('open()', () => this.tryOpen(image, provider))
  }

  /** @throws what `open` threw; TypeError where it resolved with something that is no handle. */
  async tryOpen(image: IndexImage, provider = this.provider, signal?: AbortSignal): Promise<IndexHandle> {
    return this.#tracked(await openIndex(provider, image, TARGET, stepOutsideReloads(signal)))
  }

  /** Closes a handle before the test is over. */
  async close(handle: IndexHandle): Promise<void> {
    this.#closed.add(handle)
    await this.expect.works('close()', () => handle.close?.())
  }

  meaning(handle: IndexHandle, questions = this.questions): Promise<Meaning> {
    return this.expect.works('probe() and schema()', () => meaningOf(handle, questions, true, inNoHurry()))
  }

  answers(handle: IndexHandle): Promise<RecordBatch[]> {
    return this.expect.works('probe()', () => answersOf(handle, this.questions, inNoHurry()))
  }

  /** Fails unless `handle` has the schema, abilities and answers of `meant`. */
  async expectMeaning(handle: IndexHandle, meant: Meaning, what: string): Promise<void> {
    const difference = await this.expect.works(`probe() and schema() of ${what}`, () =>
      differenceIn(handle, meant, inNoHurry()),
    )
    if (difference !== undefined) this.expect.fail(`${what} means something else: ${difference.reason}`)
  }

  /** How the answers of `handle` differ from `before`; `undefined` where they do not. */
  async difference(handle: IndexHandle, before: readonly RecordBatch[]): Promise<string | undefined> {
    const { compare } = this.questions
    const now = await this.answers(handle)
    for (const [nth, answer] of before.entries()) {
      const difference = compare(answer, now[nth] as RecordBatch)
      if (difference !== undefined) return `query ${nth}: ${difference}`
    }
    return undefined
  }

  /** Fails unless `handle` means the same as an index to which the changes 0 to `changes` − 1 were applied in order. */
  async expectRebuilt(handle: IndexHandle, changes: number, what: string): Promise<void> {
    const rebuilt = await this.rebuilt(
      this.provider,
      Array.from({ length: changes }, (_, nth) => nth),
    )
    await this.expectMeaning(
      handle,
      await this.meaning(rebuilt, this.exactQuestions),
      `${what}, beside one rebuilt from a log of ${changes} changes,`,
    )
  }

  /** Fails unless an approximate search has the recall that is claimed, and finds only rows that exist. */
  async expectRecall(handle: IndexHandle, changes: number, what: string): Promise<void> {
    const {
      fixture: { queries, k = DEFAULT_K },
      capabilities: { recall },
      searches,
    } = this
    const expect: Expectation = this.expect
    if (recall === undefined) return
    let [found, best] = [0, 0]
    for (const [nth, query] of queries.entries()) {
      if (!searches.has(query)) continue
      const [right, every] = [k, Number.MAX_SAFE_INTEGER].map((wanted) =>
        this.fixture.scan?.(query, wanted, changes),
      ) as [RecordBatch, RecordBatch]
      const answer = rowNames(await expect.works('probe()', () => handle.probe(query, k)), every)
      const names = new Set(answer)
      expect.that(names.size === answer.length, `${what} answers query ${nth} with a row twice`)
      const there = new Set(rowNames(every, every))
      const stranger = answer.find((name) => !there.has(name))
      expect.that(stranger === undefined, `${what} answers query ${nth} with a row that is not there: ${stranger}`)
      const wanted = rowNames(right, every)
      best += wanted.length
      found += wanted.filter((name) => names.has(name)).length
    }
    expect.that(
      found >= recall * best,
      `${what} found ${found} of the best ${best} rows, a recall of ` +
        `${(found / best).toFixed(3)}, and ${recall} was claimed`,
    )
  }

  async expectAnswers(handle: IndexHandle, before: readonly RecordBatch[], what: string): Promise<void> {
    const difference = await this.difference(handle, before)
    if (difference !== undefined) this.expect.fail(`${what} answers otherwise: ${difference}`)
  }

  async expectNothingLeft(when: string): Promise<void> {
    const left = (await this.fixture.residue?.()) ?? []
    this.expect.that(
      left.length === 0,
      `${when} nothing is to be left open or lying about, and there is ${left.join(', ')}`,
    )
  }

  #tracked(handle: IndexHandle): IndexHandle {
    this.later(() => (this.#closed.has(handle) ? undefined : handle.close?.()))
    return handle
  }
}

/** The rows of a batch as text, by the columns of `schema`. */
function rowNames(batch: RecordBatch, { schema }: RecordBatch): string[] {
  const columns = schema.fields.map(({ name }) => batch.getChild(name))
  return Array.from({ length: batch.numRows }, (_, row) =>
    columns.map((column): string => String(column?.get(row))).join(' '),
  )
}

function inNoHurry(): Asking {
  return { signal: UNENDING, slices: new Slices() }
}
