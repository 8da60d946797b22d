import { getEventListeners } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageOf, type IndexContext, type PersistedIndex } from '@uni/reload-index'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { deferred } from './fixtures/deferred.js'
import { failureOf, type Reload } from './fixtures/reload.js'
import { temporaryDirectory } from './fixtures/directory.js'
import type { Form } from './fixtures/full-text-options.js'
import { PARTS, WHOLE, streamed, all, READERS, handOver } from './fixtures/images.js'

async function* torn(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1])
  throw new Error('disk full')
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

describe('X3: each form is read in each form', () => {
  const forms: readonly Form[] = ['bytes', 'stream', 'file']
  const cases = forms.flatMap((old) =>
    forms.flatMap((next) =>
      [false, true].flatMap((isolated) => [false, true].map((exclusive) => ({ old, next, isolated, exclusive }))),
    ),
  )

  test.for(cases)(
    '$old → $next, isolated $isolated, exclusive $exclusive',
    async ({ old, next, isolated, exclusive }) => {
      await using directory = await temporaryDirectory()
      const own = join(directory.path, 'own.index')
      const persist = async (): Promise<PersistedIndex> => {
        if (old === 'bytes') return new Uint8Array(WHOLE)
        if (old === 'stream') return streamed()
        await writeFile(own, new Uint8Array(WHOLE))
        return { file: own }
      }
      const read: number[][] = []
      const { reload } = handOver({ persist, isolated, exclusive, spool: directory.path }, async (image) => {
        read.push(await READERS[next](image))
      })
      const outcome = await reload.run()
      expect(read).toEqual([WHOLE])
      expect(outcome.report[0]).toMatchObject({ bytes: 6, discipline: 'pre-copy' })
      // X5: nothing stays behind, neither the spool's files nor the one that was handed over.
      expect(await directory.list()).toEqual([])
    },
  )
})

test('X4: bytes that both sides agree on are the very same object', async () => {
  const persisted = new Uint8Array(WHOLE)
  let given: Uint8Array | undefined
  const { reload } = handOver({ persist: () => persisted }, async (image) => {
    given = await image.bytes()
    expect(await image.bytes()).toBe(given)
    expect(image.byteLength).toBe(6)
  })
  await reload.run()
  expect(given).toBe(persisted)
})

test('X4: streamed bytes are views of what was persisted', async () => {
  const persisted = new Uint8Array(3 * 2 ** 20 + 7)
  const sizes: number[] = []
  const { reload } = handOver({ persist: () => persisted }, async (image) => {
    for await (const chunk of image.stream()) {
      expect(chunk.buffer).toBe(persisted.buffer)
      sizes.push(chunk.byteLength)
    }
  })
  await reload.run()
  expect(sizes).toEqual([2 ** 20, 2 ** 20, 2 ** 20, 7])
})

test('X4: an isolated stream passes straight through, no chunk produced before it is asked for', async () => {
  const log: string[] = []
  async function* produce(): AsyncGenerator<Uint8Array> {
    for (const [nth, part] of PARTS.entries()) {
      log.push(`produced ${nth}`)
      yield part
    }
  }
  const { reload } = handOver({ persist: produce, isolated: true }, async (image) => {
    let nth = 0
    for await (const chunk of image.stream()) {
      expect(chunk).toBe(PARTS[nth])
      log.push(`read ${nth}`)
      nth += 1
    }
  })
  await reload.run()
  expect(log).toEqual(['produced 0', 'read 0', 'produced 1', 'read 1', 'produced 2', 'read 2'])
})

test.for(['stream', 'spool'] as const)(
  'I8: a %s that always has another chunk at hand keeps neither the event loop nor the abort from its turn',
  async (kept) => {
    await using directory = await temporaryDirectory()
    const ended = deferred()
    const abort = new AbortController()
    async function* endless(): AsyncGenerator<Uint8Array> {
      setImmediate(() => {
        abort.abort()
      })
      try {
        for (;;) yield new Uint8Array(0)
      } finally {
        ended.resolve()
      }
    }
    const { reload, opened } = handOver(
      { persist: endless, ...(kept === 'spool' && { spool: directory.path }) },
      () => {},
    )
    expect(await failureOf(reload.dispatch({ signal: abort.signal }))).toMatchObject({ code: 'ABORTED' })
    await ended.promise
    expect(opened()).toBe(0)
  },
)

test('X5: no listener stays on the signal of a step, which lives as long as its caller lets it', async () => {
  let persisting: AbortSignal | undefined
  const seen: number[] = []
  const persist = ({ signal }: IndexContext): AsyncIterable<Uint8Array> => {
    persisting = signal
    seen.push(listeners(signal))
    return streamed()
  }
  const { reload } = handOver({ persist: persist as () => unknown }, () => {
    seen.push(listeners(persisting as AbortSignal))
  })
  await reload.run()
  expect(seen).toHaveLength(2)
  expect(seen[1]).toBeLessThanOrEqual(seen[0] as number)
})

test('X4: nor one for each chunk of a long stream', async () => {
  const listening = vi.spyOn(EventTarget.prototype, 'addEventListener')
  onTestFinished(() => {
    listening.mockRestore()
  })
  await imageOf(streamed(Array.from({ length: 100 }, () => new Uint8Array(1)))).bytes()
  const signals = new Set(listening.mock.contexts.filter((target) => target instanceof AbortSignal))
  expect(signals.size).toBeGreaterThan(0)
  for (const signal of signals) expect(listeners(signal)).toBe(0)
})

test('X6: a stream that is not isolated is read to its end before writes go on', async () => {
  const log: string[] = []
  let reload: Reload | undefined
  async function* produce(): AsyncGenerator<Uint8Array> {
    for (const [nth, part] of PARTS.entries()) {
      if (nth === 1) void reload?.gate.write(undefined as never).then(() => log.push('written'))
      log.push(`produced ${nth}`)
      yield part
    }
  }
  const given = handOver({ persist: produce }, async (image) => {
    log.push(`read ${(await all(image.stream())).length}`)
  })
  reload = given.reload
  await reload.run()
  expect(log.slice(0, 3)).toEqual(['produced 0', 'produced 1', 'produced 2'])
  expect(log).toContain('written')
})

describe('X8: without a spool', () => {
  test('a file cannot be asked for', async () => {
    for (const persist of [() => new Uint8Array(WHOLE), () => streamed()]) {
      for (const isolated of [true, false]) {
        const { reload } = handOver({ persist, isolated }, (image) => image.file())
        expect((await failureOf(reload.dispatch())).message).toMatch(
          /asked for as a file.*spool: fileSpool\(directory\)/,
        )
      }
    }
  })

  test('a file cannot be handed over', async () => {
    const { reload, opened } = handOver({ persist: () => ({ file: '/somewhere/articles.index' }) }, () => {})
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', step: 'persist' })
    expect(error.message).toMatch(/"\/somewhere\/articles\.index".*@uni\/reload-index\/node/)
    expect(opened()).toBe(0)
  })
})

test('X3: a stream that breaks off is told to whoever reads it, each time', async () => {
  const image = imageOf(torn())
  await expect(image.bytes()).rejects.toThrow('disk full')
  await expect(image.bytes()).rejects.toThrow('disk full')
  await expect(all(image.stream())).rejects.toThrow('disk full')
})

test('X3: nor does it look complete to a spool that reads on after the error', async () => {
  const seen: unknown[] = []
  const image = imageOf(torn(), {
    adopt: () => Promise.reject(new Error('not asked for')),
    async write(chunks) {
      const iterator = (chunks as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
      for (let read = 0; read < 3; read += 1)
        seen.push(
          await iterator.next().then(
            ({ done }) => done,
            (error: Error) => error.message,
          ),
        )
      throw new Error('gave up')
    },
  })
  await expect(image.file()).rejects.toThrow('gave up')
  expect(seen).toEqual([false, 'disk full', 'disk full'])
})

test('X9: an image that a host makes of what it stored reads as any other', async () => {
  expect(await all(imageOf(new Uint8Array(WHOLE)).stream())).toEqual(WHOLE)
  expect([...(await imageOf(streamed()).bytes())]).toEqual(WHOLE)
  expect(() => imageOf(new Uint8Array(0))).toThrow('0 bytes')
})
