import { readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { fc } from '@fast-check/vitest'
import { cdcOutput, type CdcBatch, type CdcOutputProvider } from '@uni/reload-cdc'
import { expect, it } from 'vitest'
import { toBatch } from '../../src/host/document.js'
import { jsonLinesEntry } from '../../src/plugins/json-lines/entry.js'
import { providersOf } from './support/providers.js'
import { tempDirectory } from './support/temp-directory.js'

const { signal } = new AbortController()
const version = fc.constantFrom('v1' as const, 'v2' as const)

/** One life of a sink: what is delivered, when it is checkpointed last, and how much of the rest a crash takes. */
const life = fc.record({
  version,
  checkpointed: fc.nat(6),
  beyond: fc.nat(6),
  torn: fc.double({ min: 0, max: 1, noNaN: true }),
})
const ids = fc.array(fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 3 }), {
  minLength: 80,
  maxLength: 80,
})

it('I4 whatever crashes tear off beyond the checkpoint, each row is there once and in order', () =>
  fc.assert(
    fc.asyncProperty(ids, fc.array(life, { minLength: 1, maxLength: 5 }), async (commits, lives) => {
      await using directory = await tempDirectory()
      const path = join(directory.path, 'json-lines-all.jsonl')
      const batchAt = (at: number): CdcBatch => ({
        lsnStart: BigInt(at),
        lsnEnd: BigInt(at + 1),
        commitTimestamp: new Date(at),
        mutations: toBatch(
          (commits[at] as string[]).map((id) => ({ id, revision: at, deleted: false, title: '', details: '' })),
        ),
      })
      let checkpoint = 0
      for (const { version: which, checkpointed, beyond, torn } of lives) {
        const [provider] = providersOf(jsonLinesEntry(directory.path)[which](), cdcOutput) as [CdcOutputProvider]
        const stream = await provider.start({ signal, fromLsn: BigInt(checkpoint) })
        for (let nth = 0; nth < checkpointed; nth += 1) await stream.deliver(batchAt(checkpoint + nth))
        checkpoint += checkpointed
        expect(await stream.checkpoint()).toBe(BigInt(checkpoint))
        const durable = (await readFile(path)).byteLength
        for (let nth = 0; nth < beyond; nth += 1) await stream.deliver(batchAt(checkpoint + nth))
        await stream.shutdown()
        const written = (await readFile(path)).byteLength
        await truncate(path, durable + Math.round((written - durable) * torn))
      }
      const [provider] = providersOf(jsonLinesEntry(directory.path).v1(), cdcOutput) as [CdcOutputProvider]
      await (await provider.start({ signal, fromLsn: BigInt(checkpoint) })).shutdown()
      const found = (await readFile(path, 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line) => {
          const { lsnStart, row } = JSON.parse(line) as { lsnStart: string; row: { id: string } }
          return [lsnStart, row.id]
        })
      expect(found).toEqual(commits.slice(0, checkpoint).flatMap((rows, at) => rows.map((id) => [String(at), id])))
    }),
    { numRuns: 80 },
  ))
