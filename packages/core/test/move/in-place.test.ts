import {
  defineSurface,
  inPlaceHandoff,
  PluginHost,
  type CompatVerdict,
  type Plugin,
  type Surface,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { pass } from '../fixtures/baking.js'
import { board, boardHandoff, boardProvider, type BoardProvider, type Notes } from '../fixtures/board.js'
import { Deferred, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'

/** A plugin that provides boards. */
function boards(version: string, provider: Partial<BoardProvider> = {}): Plugin {
  return {
    manifest: { id: 'boards', version },
    register: (registrar) => void registrar.provide(board, { ...boardProvider('pins'), ...provider }),
  }
}

/** A host with two boards, on notes of its own; what versions do with their views is in `calls`. */
async function hostOfBoards() {
  const clock = new ManualClock()
  const calls: string[] = []
  const host = new PluginHost({
    strategies: [boardHandoff({ release: (view) => void calls.push(`release ${view.notes.name}`) })],
    clock,
  })
  const handle = await host.add(boards('1.0.0'))
  const notes = ['first', 'second'].map((name): Notes => ({ name, numbers: [] }))
  const [first] = await Promise.all(
    notes.map((own) => host.attach(board, { name: own.name, key: 'pins', open: (provider) => provider.view(own) })),
  )
  const serving = () => {
    using lease = host.capture()
    return lease.resource(board, 'first')
  }
  return { clock, calls, host, handle, notes, first: first!, serving }
}

describe('a resource that stays in place', () => {
  it('I4 I7 is viewed anew by the next version, and copied by nobody; the old view is let go once', async () => {
    const { calls, host, handle, notes, first, serving } = await hostOfBoards()
    await first.write(1)
    const old = serving()
    const { report, finalized } = await host.reload(handle, boards('2.0.0'))
    await finalized
    await first.write(2)
    expect(serving()).not.toBe(old)
    expect(serving().notes).toBe(notes[0])
    expect(notes.map(({ numbers }) => numbers)).toEqual([[1, 2], []])
    expect(calls).toEqual(['release first', 'release second'])
    expect(report).toMatchObject({ bytes: 0, replayedWrites: 0, pauseMs: 0 })
  })

  it('I4 is written to while the next version makes its view', async () => {
    const { host, handle, notes, first } = await hostOfBoards()
    const slow = new Deferred()
    const next = boards('2.0.0', { view: (own) => slow.promise.then(() => boardProvider('pins').view(own)) })
    const reloading = host.reload(handle, next)
    await turn()
    await first.write(1)
    expect(notes[0]?.numbers).toEqual([1])
    slow.resolve()
    expect((await reloading).report.pauseMs).toBe(0)
  })

  it.each<[CompatVerdict, string]>([
    [{ level: 'incompatible', reason: 'no colours' }, 'refused'],
    [{ level: 'migrate', reason: 'colours become names' }, 'taken'],
    [{ level: 'unjudged', reason: 'nothing to compare' }, 'taken'],
  ])('I6 is judged by what it holds: %o', async (verdict, outcome) => {
    const { host, handle, first, serving } = await hostOfBoards()
    await first.write(7)
    const old = serving()
    const judging = boards('2.0.0', {
      reads: ({ numbers }) => (numbers.includes(7) ? verdict : { level: 'compatible' }),
    })
    const told = { ...verdict, reason: `resource "first": ${'reason' in verdict ? verdict.reason : ''}` }
    if (outcome === 'refused') {
      const refusal = await refusalOf(host.reload(handle, judging))
      expect(refusal).toMatchObject({ code: 'SCHEMA_INCOMPAT', details: [{ verdict: told }] })
      expect(serving()).toBe(old)
    } else {
      const { report } = await host.reload(handle, judging)
      expect(report.compat).toMatchObject([{ verdict: told }])
    }
  })

  it('I3 I7 of a reload that fails: views of the new version are let go, and the old ones serve on', async () => {
    const { calls, host, handle, first, serving } = await hostOfBoards()
    const old = serving()
    const fails = boards('2.0.0', {
      view: (own) => {
        if (own.name === 'second') throw new Error('too many')
        return boardProvider('pins').view(own)
      },
    })
    expect(await refusalOf(host.reload(handle, fails))).toMatchObject({ code: 'HANDOFF', resource: 'second' })
    await first.write(1)
    expect(serving()).toBe(old)
    expect(calls).toEqual(['release first'])
  })

  it('I6 I4 is held to what the one that serves shows, between two writes', async () => {
    const { host, handle, notes, first, serving } = await hostOfBoards()
    await first.write(1)
    const old = serving()
    const others = boards('2.0.0', { view: (own) => boardProvider('pins').view({ ...own, numbers: [7] }) })
    const refusal = await refusalOf(host.reload(handle, others))
    expect(refusal).toMatchObject({ code: 'HANDOFF', step: 'verify', key: 'pins' })
    expect(refusal.message).toContain('it shows 7, not 1')
    expect(serving()).toBe(old)
    const writes: Promise<void>[] = []
    const busy = boards('2.0.0', {
      view: async (own) => {
        const view = await boardProvider('pins').view(own)
        const shows = (): Notes => {
          // Written while it is read: it waits for its turn.
          writes.push(first.write(notes[0]!.numbers.length + 1))
          return own
        }
        return Object.defineProperty(view, 'notes', { get: own.name === 'first' ? shows : () => own })
      },
    })
    const { report } = await host.reload(handle, busy)
    expect(writes).toHaveLength(1)
    await Promise.all(writes)
    expect(notes[0]?.numbers).toEqual([1, 2])
    expect(report.handoffs.map(({ pauseMs }) => pauseMs)).toEqual([0, 0])
  })

  it('I6 an operator may take a view that differs', async () => {
    const { host, handle } = await hostOfBoards()
    const others = boards('2.0.0', { view: (own) => boardProvider('pins').view({ ...own, numbers: [7] }) })
    const accept = [{ surface: 'board', key: 'pins', reason: 'seven is right' }]
    const { report } = await host.reload(handle, others, { accept })
    expect(report.compat.map(({ verdict }) => verdict.level)).toContain('accepted')
  })

  it('I10 a view without its methods is refused', async () => {
    const { host, handle } = await hostOfBoards()
    const misshapen = boards('2.0.0', { view: (own) => ({ notes: own }) as never })
    const refusal = await refusalOf(host.reload(handle, misshapen))
    expect(refusal.message).toContain('expected a live resource with pin, leave, and got one without pin, leave')
  })

  it('I7 serves again, by the view that it had, when its reload is taken back', async () => {
    const { clock, calls, host, handle, notes, first, serving } = await hostOfBoards()
    const old = serving()
    const { finalized } = await host.reload(handle, boards('2.0.0'), { bake: { ms: 100, healthy: () => false } })
    await first.write(1)
    await pass(clock, 100)
    expect((await finalized).bake?.outcome).toBe('taken-back')
    await first.write(2)
    expect(serving()).toBe(old)
    expect(notes[0]?.numbers).toEqual([1, 2])
    await turn()
    expect(calls).toEqual(['release first', 'release second'])
  })
})

interface Room {
  readonly members: string[]
}

const rooms: Surface<{ name: string }, Room, string> = defineSurface<{ name: string }, Room, string>({
  id: 'rooms',
  keyOf: ({ name }) => name,
  apply: ({ members }, member) => void members.push(member),
})

describe('a resource of which every version works with the same object', () => {
  const plugin = (version: string): Plugin => ({
    manifest: { id: 'chat', version },
    register: (registrar) => void registrar.provide(rooms, { name: 'room' }),
  })

  it('I4 I7 stays that object through reloads, a dry run and a take-back, and is never let go', async () => {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [inPlaceHandoff(rooms)], clock })
    const lobby: Room = { members: [] }
    let handle = await host.add(plugin('1.0.0'))
    const live = await host.attach(rooms, { name: 'lobby', key: 'room', open: () => lobby })
    await host.reload(handle, plugin('2.0.0'), { dryRun: true })
    await live.write('a')
    const { handle: second } = await host.reload(handle, plugin('2.0.0'))
    handle = second
    await live.write('b')
    const { finalized } = await host.reload(handle, plugin('3.0.0'), { bake: { ms: 1, healthy: () => false } })
    await live.write('c')
    await pass(clock, 1)
    expect((await finalized).bake?.outcome).toBe('taken-back')
    await live.write('d')
    expect(await live.use((room) => room === lobby)).toBe(true)
    expect(lobby.members).toEqual(['a', 'b', 'c', 'd'])
  })

  it('I6 is unjudged where the strategy does not judge', async () => {
    const host = new PluginHost({ strategies: [inPlaceHandoff(rooms)], unjudged: 'refuse' })
    const handle = await host.add(plugin('1.0.0'))
    expect((await refusalOf(host.reload(handle, plugin('2.0.0')))).message).toContain('has no judge')
  })
})
