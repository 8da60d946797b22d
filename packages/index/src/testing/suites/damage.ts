import { attempt, type Expectation } from '@uni/reload-core/testing'
import type { RecordBatch } from 'apache-arrow'
import { imageOf } from '../../image/image-of.js'
import type { IndexImage } from '../../contract.js'
import type { Bench } from '../bench.js'
import type { Case } from '../case.js'

/** Images that were damaged, and bytes that never were an image. */
export const damageCases: readonly Case[] = [
  {
    key: 'damage/torn',
    rule: 'P12',
    title: 'a truncated image is refused',
    needs: ['form/bytes', 'independent/close'],
    async run(bench: Bench) {
      const { bytes, judge, stillReads } = await good(bench)
      const { byteLength } = bytes
      const cuts = [
        1,
        2,
        3,
        4,
        8,
        16,
        64,
        ...[0.1, 0.25, 0.5, 0.75, 0.9].map((part) => Math.floor(part * byteLength)),
        byteLength - 16,
        byteLength - 2,
        byteLength - 1,
      ]
      for (const length of cuts.filter((length) => length > 0 && length < byteLength)) {
        await judge(bench.imageOf(bytes.slice(0, length)), `the first ${length} of ${byteLength} bytes`)
      }
      await stillReads()
    },
  },
  {
    key: 'damage/broken-off',
    rule: 'P12',
    title: 'a stream that breaks off is refused',
    needs: ['form/stream', 'independent/close'],
    async run(bench: Bench, expect: Expectation) {
      const { bytes, stillReads } = await good(bench)
      for (const after of [0, bytes.byteLength >> 1, bytes.byteLength - 1]) {
        const image = imageOf(breakingOff(bytes.slice(0, after)), bench.fixture.spool)
        await expect.refused(`a stream that breaks off after ${after} of ${bytes.byteLength} bytes`, () =>
          bench.tryOpen(image),
        )
      }
      await stillReads()
    },
  },
  {
    key: 'damage/longer',
    rule: 'P12',
    title: 'an image with something after its end is refused, or the rest ignored',
    needs: ['form/bytes', 'independent/close'],
    async run(bench: Bench) {
      const { bytes, judge, stillReads } = await good(bench)
      const { random } = bench
      for (const [what, more] of [
        ['a zero byte', new Uint8Array(1)],
        ['a page of zeros', new Uint8Array(4096)],
        ['100 random bytes', random.bytes(100)],
        ['itself', bytes],
      ] as const) {
        await judge(bench.imageOf(joined(bytes, more)), `the image followed by ${what}`)
      }
      await stillReads()
    },
  },
  {
    key: 'damage/random',
    rule: 'P12',
    title: 'bytes that are no image are refused',
    needs: ['form/bytes', 'independent/close'],
    async run(bench: Bench, expect: Expectation) {
      const { random } = bench
      const { bytes, stillReads } = await good(bench)
      const none: [what: string, bytes: Uint8Array][] = ['\n', '{}', '[]', 'null', '0', '""', '<html></html>'].map(
        (text) => [JSON.stringify(text), new TextEncoder().encode(text)],
      )
      none.push(['2 MiB of zeros', new Uint8Array(2 << 20)], ['1 MiB of 0xff', new Uint8Array(1 << 20).fill(255)])
      for (let nth = 0; nth < 24; nth += 1) {
        const length = 1 + random.integer(nth < 8 ? 16 : 2 * bytes.byteLength)
        none.push([`${length} random bytes`, random.bytes(length)])
      }
      for (const [what, given] of none)
        await expect.refused(`${what} (seed ${bench.seed})`, () => bench.tryOpen(bench.imageOf(given)))
      await stillReads()
    },
  },
  {
    key: 'damage/changed',
    rule: 'P13',
    title: 'an image with one bit changed is refused',
    claims: ['checksum'],
    needs: ['damage/torn'],
    async run(bench: Bench) {
      const { bytes, judge, stillReads } = await good(bench)
      const { random } = bench
      for (let nth = 0; nth < 64; nth += 1) {
        // Mostly the ends of an image are changed: its lengths and marks are there.
        const at = nth < 8 ? nth : nth < 16 ? bytes.byteLength - (nth - 7) : random.integer(bytes.byteLength)
        if (at < 0 || at >= bytes.byteLength) continue
        const changed = new Uint8Array(bytes)
        changed[at] = (changed[at] as number) ^ (1 << random.integer(8))
        await judge(bench.imageOf(changed), `the image with a bit of byte ${at} changed`)
      }
      await stillReads()
    },
  },
]

interface Good {
  readonly bytes: Uint8Array
  /** Fails unless the image is refused, or read as what it was. */
  judge(image: IndexImage, what: string): Promise<void>
  /** Fails if what was tried has done harm to the provider. */
  stillReads(): Promise<void>
}

async function good(bench: Bench): Promise<Good> {
  const handle = await bench.built()
  const before: readonly RecordBatch[] = await bench.answers(handle)
  const bytes = await bench.bytesOf(handle)
  return {
    bytes,
    async judge(image, what) {
      const opened = await attempt(() => bench.tryOpen(image))
      if ('error' in opened) return
      const asked = await attempt(() => bench.difference(opened.value, before))
      const difference = 'error' in asked ? String(asked.error) : asked.value
      if (difference !== undefined)
        bench.expect.fail(`${what} has to be refused, and was opened (seed ${bench.seed}): ${difference}`)
      await bench.close(opened.value)
    },
    async stillReads() {
      await bench.expectAnswers(
        await bench.opened(bench.imageOf(bytes)),
        before,
        'the good image, after bad ones were tried,',
      )
    },
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.byteLength + b.byteLength)
  both.set(a)
  both.set(b, a.byteLength)
  return both
}

async function* breakingOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.byteLength > 0) yield bytes
  throw new Error('the source is gone')
}
