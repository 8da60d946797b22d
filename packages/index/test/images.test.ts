import { getEventListeners } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageOf, type IndexContext, type IndexImage, type PersistedIndex } from '@uni/reload-index'
import { fileSpool } from '@uni/reload-index/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CheckedChunks } from '../src/image/checked-chunks.js'
import { CHUNK_BYTES } from '../src/image/chunks.js'
import { StreamImage } from '../src/image/stream-image.js'
import { deferred } from './fixtures/deferred.js'
import { failureOf, Reload } from './fixtures/reload.js'
import { temporaryDirectory } from './fixtures/directory.js'
import { plainHandle, plainKind } from './fixtures/plain-index.js'
import type { Form } from './fixtures/full-text-options.js'

const PARTS = [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5]), new Uint8Array([6])]
const WHOLE = [1, 2, 3, 4, 5, 6]

async function* streamed(parts: readonly unknown[] = PARTS): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield part as Uint8Array
}

async function* torn(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1])
  throw new Error('disk full')
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<number[]> {
  const bytes: number[] = []
  for await (const chunk of stream) for (const byte of chunk) bytes.push(byte)
  return bytes
}

const READERS: Record<Form, (image: IndexImage) => Promise<number[]>> = {
  bytes: async (image) => [...(await image.bytes())],
  stream: (image) => all(image.stream()),
  file: async (image) => [...(await readFile(await image.file()))],
}

interface Persisting {
  persist: () => unknown
  isolated?: boolean
  spool?: string
  exclusive?: boolean
}

/** Hands one index over, whose old handle persists as told, and whose new provider does with the image as told. */
function handOver(
  { persist, isolated = false, spool, exclusive = false }: Persisting,
  read: (image: IndexImage) => unknown,
): { reload: Reload; opened: () => number } {
  const handle = plainHandle({ persist, ...(isolated && { snapshot: 'isolated' }) })
  let opened = 0
  const next = plainKind(async (image) => {
    await read(image)
    opened += 1
    return plainHandle()
  })
  const reload = new Reload(
    {
      old: plainKind(() => plainHandle()),
      next,
      cutover: exclusive ? 'exclusive' : 'overlap',
      handoff: { ...(spool !== undefined && { spool: fileSpool(spool) }) },
    },
    handle,
  )
  return { reload, opened: () => opened }
}

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

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

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

describe('X7: an image of one read', () => {
  test('is refused a second time, with what to do', async () => {
    const { reload } = handOver({ persist: () => streamed(), isolated: true }, async (image) => {
      await all(image.stream())
      await all(image.stream())
    })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', step: 'open' })
    expect(error.message).toMatch(/has been read already.*bytes\(\) or file\(\)/)
  })

  test.for<Form>(['bytes', 'file'])('can be read again after it was read as %s', async (first) => {
    await using directory = await temporaryDirectory()
    const { reload, opened } = handOver(
      { persist: () => streamed(), isolated: true, spool: directory.path },
      async (image) => {
        expect(image.byteLength).toBeUndefined()
        expect(await READERS[first](image)).toEqual(WHOLE)
        expect(image.byteLength).toBe(6)
        for (const read of Object.values(READERS)) expect(await read(image)).toEqual(WHOLE)
      },
    )
    await reload.run()
    expect(opened()).toBe(1)
    expect(await directory.list()).toEqual([])
  })

  test('that nobody reads is ended when the handoff is over', async () => {
    let ended = 0
    const persist = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: new Uint8Array([1]) }),
        return: async () => {
          ended += 1
          return { done: true, value: undefined }
        },
      }),
    })
    const { reload } = handOver({ persist, isolated: true }, () => {})
    await reload.run()
    expect(ended).toBe(1)
  })

  test.for<Form>(['bytes', 'file'])(
    'that is being kept as %s, by a reader whose source is stuck, is told and not waited for',
    async (form) => {
      await using directory = await temporaryDirectory()
      const stuck = deferred()
      const image = new StreamImage(
        new CheckedChunks({
          [Symbol.asyncIterator]: () => ({
            next: () => {
              stuck.resolve()
              return new Promise<never>(() => {})
            },
          }),
        }),
        fileSpool(directory.path),
      )
      const reading = READERS[form](image).then(
        () => 'read',
        (error: Error) => error.message,
      )
      await stuck.promise
      await image.discard()
      expect(await reading).toMatch(/the image is gone/)
    },
  )

  test('that is abandoned half-way is ended too, and never looks complete', async () => {
    let ended = 0
    let kept: AsyncIterator<Uint8Array> | undefined
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array([1])
      } finally {
        ended += 1
      }
    }
    const { reload } = handOver({ persist: endless, isolated: true }, async (image) => {
      kept = image.stream()[Symbol.asyncIterator]()
      await kept.next()
      throw new Error('no further')
    })
    await failureOf(reload.dispatch())
    expect(ended).toBe(1)
    await expect(kept?.next()).rejects.toThrow(/the image is gone/)
  })
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

describe('X2: what persist() may not give', () => {
  const wrong: Record<string, readonly [persist: () => unknown, message: RegExp]> = {
    nothing: [() => undefined, /persist\(\) resolved with undefined\. Expected a Uint8Array/],
    'a string': [async () => 'bytes', /resolved with a string/],
    'an ArrayBuffer': [() => new ArrayBuffer(8), /resolved with an ArrayBuffer/],
    'an array of chunks': [() => PARTS, /resolved with an array/],
    'no bytes': [() => new Uint8Array(0), /has 0 bytes/],
    'a stream of no bytes': [() => streamed([new Uint8Array(0)]), /the persisted stream has 0 bytes/],
    'a stream of strings': [() => streamed([PARTS[0], 'text']), /chunk 1 of the persisted stream is a string/],
    'a file with a checksum that is none': [
      () => ({ file: '/somewhere', crc32: 'ab12' }),
      /resolved with an object with file, crc32.*or \{ file, crc32\? \}/,
    ],
    'a file without a name': [() => ({ file: '' }), /resolved with an object with file/],
  }
  test.for(
    Object.entries(wrong).flatMap(([name, [persist, message]]) =>
      [true, false].map((isolated) => ({ name, persist, message, isolated })),
    ),
  )('$name, isolated $isolated', async ({ persist, message, isolated }) => {
    await using directory = await temporaryDirectory()
    const { reload } = handOver({ persist, isolated, spool: directory.path }, (image) => image.bytes())
    expect((await failureOf(reload.dispatch())).message).toMatch(message)
    expect(reload.gate.state).toBe('open')
    expect(await directory.list()).toEqual([])
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

describe('X10: a reader may do as it likes with the chunks of a file', () => {
  test.for<readonly [what: string, read: (image: IndexImage) => Promise<unknown>]>([
    ['reading them', (image) => all(image.stream())],
    [
      'writing to each',
      async (image) => {
        for await (const chunk of image.stream()) chunk.fill(0)
      },
    ],
    [
      'writing to each once the next has come',
      async (image) => {
        const kept: Uint8Array[] = []
        for await (const chunk of image.stream()) {
          kept.at(-1)?.fill(0)
          kept.push(chunk)
        }
      },
    ],
    [
      'giving each away',
      async (image) => {
        for await (const chunk of image.stream()) structuredClone(chunk, { transfer: [chunk.buffer] })
      },
    ],
    [
      'stopping half-way',
      async (image) => {
        for await (const _ of image.stream()) break
      },
    ],
    [
      'writing to the whole',
      async (image) => {
        ;(await image.bytes()).fill(0)
      },
    ],
    [
      'writing to two of them at once',
      async (image) => {
        const [one, two] = [image.stream()[Symbol.asyncIterator](), image.stream()[Symbol.asyncIterator]()]
        for (let more = true; more;) {
          const [a, b] = await Promise.all([one.next(), two.next()])
          for (const { value } of [a, b]) if (value) value.fill(0)
          more = a.done !== true || b.done !== true
        }
      },
    ],
  ])('%s: the image is whole, then and afterwards', async ([, read]) => {
    await using directory = await temporaryDirectory()
    const whole = Uint8Array.from({ length: CHUNK_BYTES * 2 + 7 }, (_, at) => at % 251)
    const image = await fileSpool(directory.path).write([whole.slice()])
    await read(image)
    expect(Buffer.compare(await image.bytes(), whole)).toBe(0)
    await read(image)
    expect(Buffer.compare(await readFile(await image.file()), whole)).toBe(0)
    await image.discard()
  })

  test('a writer may change a chunk when it is asked for the next', async () => {
    await using directory = await temporaryDirectory()
    const image = await fileSpool(directory.path).write(
      (function* () {
        const chunk = new Uint8Array(3)
        for (let nth = 1; nth < 4; nth += 1) yield chunk.fill(nth)
      })(),
    )
    expect(await all(image.stream())).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3])
    await image.discard()
  })
})

test('X9: an image that a host makes of what it stored reads as any other', async () => {
  expect(await all(imageOf(new Uint8Array(WHOLE)).stream())).toEqual(WHOLE)
  expect([...(await imageOf(streamed()).bytes())]).toEqual(WHOLE)
  expect(() => imageOf(new Uint8Array(0))).toThrow('0 bytes')
})
