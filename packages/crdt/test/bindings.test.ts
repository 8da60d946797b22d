import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { openStored, type CrdtKindProvider } from '../src/index.js'
import { Served } from './fixtures/served.js'
import { EMPTY_NOTES, waiting } from './fixtures/waiting.js'
import { notes, openYjs, readNotes, yjsKind, type YjsState } from './fixtures/yjs-kind.js'
import { verdictOn } from './fixtures/verdict.js'

/**
 * As a binding to an editor does it: what its schema does not have is deleted from the document, in a turn after the
 * opening.
 */
function repairing(turns = 1): CrdtKindProvider {
  return yjsKind({
    fromPersisted(bytes) {
      const opened = openYjs(bytes)
      later(turns, () => {
        const meta = opened.doc.getMap('meta')
        for (const name of meta.keys()) if (name === 'by') meta.delete(name)
      })
      return opened
    },
  })
}

function later(turns: number, act: () => void): void {
  setTimeout(
    turns === 1
      ? act
      : () => {
          later(turns - 1, act)
        },
    0,
  )
}

const withoutSamples = (kind: CrdtKindProvider): CrdtKindProvider => ({ ...kind, samples: () => [] })
const signed = (): YjsState =>
  notes((doc) => {
    doc.getMap('meta').set('by', 'ann')
  }, 2)

describe('X29 a version that repairs a document after it has opened it', () => {
  it.each([1, 2])('I6 is refused by the samples, where it does so %d turns later', async (turns) => {
    const { level, reason } = await verdictOn({ old: yjsKind(), next: repairing(turns) })
    expect(level).toBe('incompatible')
    expect(reason).toContain('reads differently with the new version: value.meta.by: "left" → nothing')
  })

  it('I6 is refused by a live document, which is left as it is', async () => {
    const served = new Served({ old: withoutSamples(yjsKind()), next: repairing(), docs: { doc: signed() } })
    await expect(served.dispatch()).rejects.toMatchObject({ code: 'SCHEMA_INCOMPAT' })
    expect(served.value()).toMatchObject({ meta: { by: 'ann' } })
    expect(served.leaked).toBe(0)
  })

  it('I6 fails the handoff of a live document that was not looked at, which is left as it is', async () => {
    const served = new Served({ old: yjsKind(), next: repairing(), docs: { doc: signed() }, sampleLimit: 0 })
    await expect(served.dispatch()).rejects.toMatchObject({
      code: 'HANDOFF',
      step: 'verify',
      message: expect.stringContaining('value.meta.by: "ann" → nothing') as string,
    })
    expect(served.value()).toMatchObject({ meta: { by: 'ann' } })
    expect(served.leaked).toBe(0)
  })

  it('I6 fails it where what it repairs came by an operation', async () => {
    const repairs = yjsKind({
      fromPersisted(bytes) {
        const opened = openYjs(bytes)
        opened.doc.getMap('meta').observe((event) => {
          if (event.keysChanged.has('by') && opened.doc.getMap('meta').has('by'))
            later(1, () => {
              opened.doc.getMap('meta').delete('by')
            })
        })
        return opened
      },
    })
    const doc = notes((it) => {
      it.getText('title').insert(0, 'Plan')
    })
    const { next, opening, goOn } = waiting(repairs, EMPTY_NOTES)
    const served = new Served({ old: yjsKind(), next, docs: { doc }, sampleLimit: 0 })
    const dispatched = served.dispatch()
    await opening
    await served.gate().write(Y.encodeStateAsUpdate(signed().doc))
    goOn()
    await expect(dispatched).rejects.toMatchObject({
      code: 'HANDOFF',
      message: expect.stringMatching(/value\.meta\.by: "ann" → nothing/) as string,
    })
    expect(served.value()).toMatchObject({ meta: { by: 'ann' } })
  })
})

describe('X29 a document that was at rest', () => {
  const stored = { name: 'minutes', bytes: signed().persist(), value: readNotes(signed().doc) }

  it('is opened where it means what it meant', async () => {
    expect((await openStored(yjsKind(), stored)).value()).toEqual(stored.value)
  })

  it('I7 is closed where it cannot say what it means', async () => {
    let closes = 0
    const failing = (bytes: Uint8Array): YjsState =>
      Object.assign(openYjs(bytes), {
        value: () => {
          throw new Error('no text')
        },
        close() {
          closes += 1
        },
      })
    await expect(openStored({ ...yjsKind(), fromPersisted: failing }, stored)).rejects.toThrow('no text')
    expect(closes).toBe(1)
  })

  it('I6 is refused where it does not, and what was opened is closed', async () => {
    let closes = 0
    const next = repairing()
    const watched = {
      ...next,
      fromPersisted: async (bytes: Uint8Array) =>
        Object.assign(await next.fromPersisted(bytes), {
          close() {
            closes += 1
          },
        }),
    }
    await expect(openStored(watched, stored)).rejects.toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      surface: 'crdt-kind',
      key: 'notes',
      resource: 'minutes',
      message: expect.stringContaining('value.meta.by: "ann" → nothing') as string,
    })
    await expect(openStored(watched, stored, { redact: true })).rejects.toMatchObject({
      message: expect.stringContaining('value.*.*: a string of 3 characters → nothing') as string,
    })
    expect(closes).toBe(2)
  })
})
