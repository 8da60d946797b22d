import { defineSurface, PluginHost, preCopy, type HandoffStrategy, type Slices } from '@uni/reload-core'
import { expect, it } from 'vitest'
import { TestPlugin } from '../fixtures/test-plugin.js'

interface Kind {
  readonly kind: string
}
interface Note {
  text: string
}

it('S8 while writers are held, also for a snapshot, slices are those that take no share of the time', async () => {
  const slices = new Map<string, Slices>()
  const strategy: HandoffStrategy<Kind, Note, string> = {
    surface: defineSurface({
      id: 'note',
      keyOf: ({ kind }) => kind,
      apply: (note, text) => {
        note.text = text
      },
    }),
    discipline: 'pre-copy',
    checkCompat: (_, ctx) => {
      slices.set('judge', ctx.slices())
      return { level: 'compatible' }
    },
    handoff: (job, ctx) =>
      preCopy<Kind, Note, string, unknown>(job, ctx, {
        snapshot: ({ text }) => {
          slices.set('snapshot', ctx.slices())
          return text
        },
        restore: (_, text) => {
          slices.set('restore', ctx.slices())
          return { text }
        },
        meaning: {
          observe: () => slices.set('observe', ctx.slices()),
          verify: () => {
            slices.set('verify', ctx.slices())
          },
        },
        agree: () => {
          slices.set('agree', ctx.slices())
        },
        close: () => {
          slices.set('close', ctx.slices())
        },
      }),
  }
  await using host = new PluginHost({ strategies: [strategy], pace: { share: 0.5 } })
  const plugin = (version: string) =>
    new TestPlugin('notes', version, {
      register: (registrar) => {
        registrar.provide(strategy.surface, { kind: 'note' })
      },
    })
  const handle = await host.add(plugin('1.0.0'))
  await host.attach(strategy.surface, { name: 'a', key: 'note', open: () => ({ text: '' }) })
  const { finalized } = await host.reload(handle, plugin('2.0.0'))
  await finalized
  const held = slices.get('observe')
  expect(held).not.toBe(slices.get('judge'))
  expect([...slices].map(([step, its]) => [step, its === held])).toEqual([
    ['judge', false],
    ['observe', true],
    ['snapshot', true],
    ['restore', false],
    ['verify', false],
    ['agree', true],
    ['close', false],
  ])
})
