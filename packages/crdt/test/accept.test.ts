import * as Automerge from '@automerge/automerge'
import { PluginHost, ReloadError } from '@uni/reload-core'
import * as earlier from 'automerge-2.0.3'
import { expect, it } from 'vitest'
import { crdtHandoff, crdtKind, type CrdtKindProvider } from '../src/index.js'
import { plugin } from '../src/testing/reload-stand.js'
import { automergeNoteKind, type Note } from './fixtures/automerge-note.js'

const BEGINNING = Automerge.save(Automerge.from<Note>({ text: 'a😀b' }))

/** What an editor with the present Automerge sends. */
function edits(...texts: string[]): Uint8Array[] {
  let doc = Automerge.load<Note>(BEGINNING)
  return texts.map((text) => {
    doc = Automerge.change(doc, (note) => {
      Automerge.updateText(note, ['text'], text)
    })
    return Automerge.getLastLocalChange(doc) as Uint8Array
  })
}

const kind = (automerge: unknown): CrdtKindProvider =>
  automergeNoteKind(automerge as Parameters<typeof automergeNoteKind>[0], BEGINNING)

// The Text of Automerge 2.0.3 has an emoji twice, which takes two units of UTF-16.
it.each(['overlap', 'exclusive'] as const)(
  'I6 I10 the version that mends what the serving one misreads is refused, and taken where an operator accepts that (%s)',
  async (cutover) => {
    await using host = new PluginHost({ strategies: [crdtHandoff()] })
    const handle = await host.add(plugin('1.0.0', kind(earlier)))
    const note = await host.attach(crdtKind, { name: 'today', key: 'note', open: (provider) => provider.empty() })
    const ops = edits('a😀Zb', 'a😀ZYb')
    await note.write(ops[0] as Uint8Array)
    expect(await note.use((state) => state.value())).toBe('a😀😀Zb')

    const mended = plugin('2.0.0', kind(Automerge))
    const options = { cutover }
    const refusal: unknown = await host.reload(handle, mended, options).catch((error: unknown) => error)
    expect(ReloadError.is(refusal) && refusal.message).toContain(
      'reads differently with the new version: value: "a😀😀b" → "a😀b"',
    )

    const { report } = await host.reload(handle, mended, {
      ...options,
      accept: [{ surface: 'crdt-kind', key: 'note', reason: '2.0.3 reads an emoji twice' }],
    })
    const overruled = report.compat.map(({ step, verdict }) => [step, verdict.level])
    expect(overruled).toEqual([
      ['checkCompat', 'accepted'],
      ...Array.from({ length: cutover === 'overlap' ? 2 : 1 }, () => ['handoff', 'accepted']),
    ])
    await note.write(ops[1] as Uint8Array)
    expect(await note.use((state) => state.value())).toBe('a😀ZYb')
  },
)
