import { PluginHost, type HandoffStrategy, type LiveResource, type Surface } from '@uni/reload-core'
import { describe, expectTypeOf, it } from 'vitest'
import {
  crdtHandoff,
  crdtKind,
  type CrdtDirection,
  type CrdtHandoffOptions,
  type CrdtKindProvider,
  type CrdtSample,
  type CrdtState,
} from '../src/index.js'

describe('types', () => {
  it('a surface whose writes are operations', () => {
    expectTypeOf(crdtKind).toExtend<Surface<CrdtKindProvider, CrdtState, Uint8Array>>()
    interface Note extends CrdtState {
      readonly title: string
    }
    expectTypeOf(crdtKind.of<Note>()).toEqualTypeOf<Surface<CrdtKindProvider<Note>, Note, Uint8Array>>()
    expectTypeOf(crdtHandoff).returns.toEqualTypeOf<HandoffStrategy<CrdtKindProvider, CrdtState, Uint8Array>>()
    expectTypeOf<CrdtDirection>().toEqualTypeOf<'backward' | 'full'>()
  })

  it('a host that takes the strategy, and a live document that takes operations', () => {
    const host = new PluginHost({ strategies: [crdtHandoff({ direction: 'full', sampleLimit: 8 })] })
    const attached = host.attach(crdtKind, { name: 'minutes', key: 'notes', open: (kind) => kind.empty() })
    expectTypeOf(attached).resolves.toEqualTypeOf<LiveResource<CrdtState, Uint8Array>>()
    // @ts-expect-error an operation is bytes
    void attached.then((live) => live.write('text'))
    // @ts-expect-error a document is opened as a state
    void host.attach(crdtKind, { name: 'minutes', key: 'notes', open: () => new Uint8Array() })
  })

  it('documents in place, of whatever the host says that they are', () => {
    interface Hosted extends CrdtState {
      readonly doc: { readonly id: number }
    }
    interface Kind extends CrdtKindProvider<Hosted> {
      view(doc: Hosted['doc']): Hosted
    }
    const notes = crdtKind.of<Hosted, Kind>()
    const host = new PluginHost({
      strategies: [crdtHandoff({ inPlace: ({ doc }: Hosted, next: Kind) => next.view(doc) })],
    })
    const doc = { id: 1 }
    const attached = host.attach(notes, { name: 'minutes', key: 'notes', open: (kind) => kind.view(doc) })
    expectTypeOf(attached).resolves.toEqualTypeOf<LiveResource<Hosted, Uint8Array>>()
    // @ts-expect-error the next version gives a state
    crdtHandoff({ inPlace: ({ doc }: Hosted) => doc })
    crdtHandoff({
      inPlace: (serving, next) => {
        expectTypeOf(serving).toEqualTypeOf<CrdtState>()
        expectTypeOf(next).toEqualTypeOf<CrdtKindProvider>()
        return serving
      },
    })
  })

  it('options that are checked', () => {
    expectTypeOf(crdtHandoff<CrdtState, CrdtKindProvider>)
      .parameter(0)
      .toEqualTypeOf<CrdtHandoffOptions | undefined>()
    // @ts-expect-error there is no such direction
    crdtHandoff({ direction: 'forward' })
    // @ts-expect-error the limit is a number
    crdtHandoff({ sampleLimit: '8' })
  })

  it('a provider that answers at once, and may open later', () => {
    expectTypeOf<{
      kind: string
      empty(): CrdtState
      fromPersisted(bytes: Uint8Array): Promise<CrdtState>
    }>().toExtend<CrdtKindProvider>()
    expectTypeOf<{
      kind: string
      empty(): Promise<CrdtState>
      fromPersisted(bytes: Uint8Array): CrdtState
    }>().not.toExtend<CrdtKindProvider>()
    expectTypeOf<Omit<CrdtState, 'merge'>>().not.toExtend<CrdtState>()
    expectTypeOf<NonNullable<CrdtKindProvider['samples']>>().returns.toEqualTypeOf<Iterable<CrdtSample>>()
    expectTypeOf<CrdtSample['late']>().toEqualTypeOf<readonly Uint8Array[] | undefined>()
  })
})
