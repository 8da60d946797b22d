import { ASYNC_DISPOSE, checkOptions, option, PluginHost, type OptionChecks } from '@uni/reload-core'
import {
  declareConformance,
  KIT,
  type ConformanceCase,
  type Expectation,
  type KitOptions,
} from '@uni/reload-core/testing'
import { dequal } from 'dequal'
import type { MemoryProvider } from '../memory/contract.js'
import { imageOf, valueIn } from '../memory/image.js'
import { Memory } from '../memory/memory.js'
import { openMemory } from '../memory/open-memory.js'
import { readValue } from '../memory/read-value.js'
import { memoryHandoff } from '../memory/strategy.js'
import { memory } from '../memory/surface.js'

export interface MemoryConformance<T, W> extends KitOptions {
  /** Makes a new provider. */
  make(): MemoryProvider<T, W>
  /** Writes that it accepts in this order. The values that they make have to show all that a value can hold. */
  readonly writes: readonly W[]
  /** Writes that it refuses, whatever the value. Default: none. */
  readonly refuses?: readonly W[] | undefined
  /** Images of earlier versions, which it has to read. */
  readonly stored?: readonly unknown[] | undefined
}

const OPTIONS: OptionChecks<MemoryConformance<never, never>> = {
  ...KIT,
  make: option.required(option.function),
  writes: option.required(option.list(option.given)),
  refuses: option.list(option.given),
  stored: option.list(option.given),
}

/** Declares a test for each rule that a provider of values in memory has to keep. */
export function runMemoryConformance<T, W>(given: MemoryConformance<T, W>): void {
  const options = checkOptions(given, 'runMemoryConformance options', OPTIONS as OptionChecks<MemoryConformance<T, W>>)
  const { test, knownGaps, deadlineMs } = options
  declareConformance(test, memoryCases(options), {
    kit: 'runMemoryConformance',
    knownGaps,
    deadlineMs,
  })
}

function memoryCases<T, W>({
  make,
  writes,
  refuses = [],
  stored = [],
}: Omit<MemoryConformance<T, W>, keyof KitOptions>): ConformanceCase[] {
  const written = async (some: readonly W[] = writes): Promise<Memory<T, W>> => {
    const open = await openMemory<T, W>()(make())
    for (const write of some) await open.apply(write)
    return open
  }
  return [
    {
      key: 'initial/own',
      rule: 'M2',
      title: 'each initial value is one of its own',
      async run(expect: Expectation) {
        const provider = make()
        const [one, other] = [new Memory(provider, await provider.initial()), await provider.initial()]
        const before = imageOf(provider, other)
        for (const write of writes) await one.apply(write)
        expect.that(dequal(imageOf(provider, other), before), 'a write to one initial value changed another')
      },
    },
    {
      key: 'writes/same',
      rule: 'M1',
      title: 'the same writes make the same value, as those that are replayed have to',
      async run(expect: Expectation) {
        const [one, other] = [await written(), await written()]
        expect.that(dequal(one.value, other.value), 'the same writes made two different values')
      },
    },
    {
      key: 'writes/taken',
      rule: 'M1',
      title: 'some of the writes change the value',
      async run(expect: Expectation) {
        const [none, all] = [await written([]), await written()]
        expect.that(!dequal(none.value, all.value), 'the value is as it was before all the writes: nothing is shown')
      },
    },
    {
      key: 'copy/same',
      rule: 'M2',
      title: 'a copy is the value again, at each write',
      async run(expect: Expectation) {
        const open = await written([])
        for (const [at, write] of writes.entries()) {
          await open.apply(write)
          const copy = await expect.works('image()', () => valueIn(open.provider, open.image()))
          expect.that(dequal(copy, open.value), `after write ${at} the copy is another value`)
        }
      },
    },
    {
      key: 'copy/apart',
      rule: 'M2',
      title: 'a copy does not change when the value does, and an image can be opened twice',
      needs: ['copy/same', 'writes/same'],
      async run(expect: Expectation) {
        const half = Math.floor(writes.length / 2)
        const open = await written(writes.slice(0, half))
        const image = open.image()
        const before = (await written(writes.slice(0, half))).value
        for (const write of writes.slice(half)) await open.apply(write)
        expect.that(
          dequal(valueIn(open.provider, image), before),
          'later writes changed an image that was taken before',
        )
        const successor = new Memory(make(), valueIn(open.provider, image) as T)
        for (const write of writes.slice(half)) await successor.apply(write)
        expect.that(dequal(valueIn(open.provider, image), before), 'writes to what was opened from an image changed it')
      },
    },
    {
      key: 'schema/own',
      rule: 'M3',
      title: 'the schema and migrate take what this version makes, and leave it as it is',
      needs: ['copy/same'],
      async run(expect: Expectation) {
        const open = await written([])
        for (const [at, write] of [undefined, ...writes].entries()) {
          if (write !== undefined) await open.apply(write)
          const read = await expect.works(`reading the value after ${at} writes`, () =>
            readValue(open.provider, open.image(), undefined),
          )
          expect.that(dequal(read, open.value), `reading the value after ${at} writes changes it`)
        }
      },
    },
    {
      key: 'stored/read',
      rule: 'M4',
      title: 'what earlier versions stored is read, and written to',
      async run(expect: Expectation) {
        for (const [at, image] of stored.entries()) {
          const open = await expect.works(`opening stored value ${at}`, () => openMemory<T, W>({ image })(make()))
          for (const write of writes) await expect.works(`a write to stored value ${at}`, () => open.apply(write))
        }
      },
    },
    {
      key: 'refused/unchanged',
      rule: 'M1',
      title: 'a write that is refused leaves the value as it was',
      async run(expect: Expectation) {
        const open = await written()
        const before = valueIn(open.provider, open.image())
        for (const [at, write] of refuses.entries()) {
          await expect.refused(`write ${at} of refuses`, () => open.apply(write))
          expect.that(dequal(open.value, before), `write ${at} of refuses was refused, and changed the value`)
        }
      },
    },
    {
      key: 'reload/kept',
      rule: 'M1, I4',
      title: 'a reload keeps every write before, during and after it',
      needs: ['writes/same', 'copy/same', 'schema/own'],
      async run(expect: Expectation, after) {
        const surface = memory<T, W>('value')
        const host = new PluginHost({ strategies: [memoryHandoff(surface)] })
        after(() => host[ASYNC_DISPOSE]())
        const plugin = (version: string) => ({
          manifest: { id: 'value', version },
          register: (registrar: { provide(on: typeof surface, provider: MemoryProvider<T, W>): unknown }) =>
            void registrar.provide(surface, make()),
        })
        const handle = await host.add(plugin('1.0.0'))
        const live = await host.attach(surface, { name: 'value', key: make().name, open: openMemory() })
        const reloading = host.reload(handle, plugin('2.0.0'))
        const half = Math.floor(writes.length / 2)
        for (const write of writes.slice(0, half)) await live.write(write)
        await expect.works('the reload', () => reloading)
        for (const write of writes.slice(half)) await live.write(write)
        const expected = await written()
        const same = await live.use(({ value }) => dequal(value, expected.value))
        expect.that(same, 'after a reload the value is not what its writes make')
      },
    },
  ]
}
