import { describe, expect, it } from 'vitest'
import { cellKind, CellPlugin } from '../fixtures/cell.js'
import { standing, turn } from '../fixtures/deferred.js'
import { lockedHost } from '../fixtures/locked-cell.js'
import { refusalOf } from '../fixtures/refusal.js'
import { wordKind, wordPlugin } from '../fixtures/word.js'

describe('captureReady', () => {
  it('waits the fence out, after success and after failure', async () => {
    const { host, plugin, handle, next } = await lockedHost()
    for (const fails of [true, false]) {
      const before = host.capture()
      const kind = next().kind
      if (fails) kind.open = () => { throw new Error('no disk') }
      const reloading = host.reload(handle, new CellPlugin('cells', '2.0.0', { kind }), { cutover: 'exclusive' })
      await turn()
      const ready = host.captureReady()
      expect(await standing(ready)).toBe('pending')
      before[Symbol.dispose]()
      if (fails) expect((await refusalOf(reloading)).message).toContain('no disk')
      else await reloading
      using lease = await ready
      expect(lease.resource(cellKind, 'main').by).toBe(fails ? 'cells@1.0.0' : 'cells@2.0.0')
    }
    expect(plugin.opened).toMatchObject([{ closed: 1 }, { closed: 1 }])
  })

  it('captures at once where nothing is fenced, and gives up with its signal: ABORTED', async () => {
    const { host, handle, next } = await lockedHost()
    const before = await host.captureReady({ label: 'before' })
    const reloading = host.reload(handle, next(), { cutover: 'exclusive' })
    await turn()
    const caller = new AbortController()
    const given = [refusalOf(host.captureReady({ signal: caller.signal }))]
    caller.abort(new Error('the client went away'))
    given.push(refusalOf(host.captureReady({ signal: caller.signal })))
    expect((await Promise.all(given)).map(({ code, cause }) => [code, (cause as Error).message])).toEqual([
      ['ABORTED', 'the client went away'], ['ABORTED', 'the client went away'],
    ])
    before[Symbol.dispose]()
    expect((await reloading).status).toBe('committed')
  })

  it('is not overtaken by the fence of another reload', async () => {
    const { host, handle, next } = await lockedHost()
    const words = host.plugin('words') as typeof handle
    const [one, two] = [host.acquire(cellKind, 'cell'), host.acquire(wordKind, 'words')]
    const first = host.reload(handle, next(), { cutover: 'exclusive' })
    const second = host.reload(words, wordPlugin('words', '2.0.0'), { cutover: 'exclusive' })
    await turn()
    const ready = host.captureReady()
    one[Symbol.dispose]()
    await first
    expect(await standing(ready)).toBe('pending')
    two[Symbol.dispose]()
    await second
    using lease = await ready
    expect([lease.get(cellKind, 'cell').kind, lease.get(wordKind, 'words').say()]).toEqual(['cell', 'words@2.0.0'])
  })

  it('gives nobody a fenced epoch, in whichever turn the other fence goes up', async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { host, handle, next } = await lockedHost()
      const words = host.plugin('words') as typeof handle
      const held = host.acquire(cellKind, 'cell')
      const first = host.reload(handle, next(), { cutover: 'exclusive' })
      await turn()
      const ready = host.captureReady().then((lease) => {
        using held = lease
        return [held.get(cellKind, 'cell').kind, held.all(wordKind).length]
      })
      held[Symbol.dispose]()
      for (let at = 0; at < turns; at += 1) await Promise.resolve()
      const second = host.reload(words, wordPlugin('words', '2.0.0'), { cutover: 'exclusive' })
      expect(await ready).toEqual(['cell', 1])
      await Promise.all([first, second])
    }
  })
})
