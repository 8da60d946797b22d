import { EventEmitter } from 'node:events'
import { PluginHost } from '@uni/reload-core'
import { loadPlugin, watchResidue, type Residue } from '@uni/reload-loader'
import { describe, expect, it, vi } from 'vitest'
import { PluginFolder } from '../fixtures/plugin-folder.js'

const shared = new EventTarget()
const emitter = new EventEmitter()
Object.assign(globalThis, { uniTestShared: shared, uniTestEmitter: emitter })

/** A plugin with these lines at its top level and in its `init`. */
const plugin = (init: string, top = ''): string =>
  `import { setTimeout as wait } from 'node:timers/promises'
import { createServer } from 'node:net'
import { watch } from 'node:fs'
import { EventEmitter } from 'node:events'
${top}
export default {
  manifest: { id: 'leaver', version: '1.0.0' },
  register() {},
  async init({ lifetime, onDispose }) {
    ${init}
  },
}
`

/** What such a plugin leaves behind when it is removed, and where it is said to come from. */
async function leftBy(init: string, top?: string): Promise<Residue[]> {
  await using folder = await PluginFolder.of({ 'index.ts': plugin(init, top) })
  const left: Residue[] = []
  using residue = watchResidue({ observer: (it) => left.push(it), targets: [shared] })
  const host = new PluginHost({ strategies: [] })
  const { plugin: loaded } = await residue.loading(() => loadPlugin(folder.path, { from: import.meta.url }))
  const { finalized } = await host.remove(await host.add(loaded))
  await finalized
  for (const it of left) if (it.stack !== undefined) expect(it.stack).toContain(folder.at('index.ts'))
  return left
}

describe('watchResidue', () => {
  it.each<[what: string, init: string, kind: Residue['kind'], text: string, undo: string]>([
    [
      'an interval',
      'g.push(setInterval(() => {}, 60_000))',
      'timer',
      'an interval of 60000 ms',
      'clearInterval(g.pop())',
    ],
    [
      'a timer',
      'g.push(setTimeout(() => {}, 60_000).unref())',
      'timer',
      'a timer of 60000 ms',
      'clearTimeout(g.pop())',
    ],
    ['a watcher', "g.push(watch('.'))", 'handle', 'a watcher of files', 'g.pop().close()'],
    [
      'a server',
      'const s = createServer(); await new Promise((r) => s.listen(0, r)); g.push(s)',
      'handle',
      'a TCP server',
      'await new Promise((r) => g.pop().close(r))',
    ],
    [
      'a listener on an emitter',
      "const f = () => {}; uniTestEmitter.once('told', f); g.push(f)",
      'listener',
      'a listener to "told" of a EventEmitter',
      "uniTestEmitter.off('told', g.pop())",
    ],
    [
      'a listener on the process',
      "const f = () => {}; process.on('SIGUSR2', f); g.push(f)",
      'listener',
      'a listener to "SIGUSR2" of process',
      "process.off('SIGUSR2', g.pop())",
    ],
    [
      'a listener on a target that the host has named',
      "const f = () => {}; uniTestShared.addEventListener('told', f); g.push(f)",
      'listener',
      'a listener to "told" of a EventTarget',
      "uniTestShared.removeEventListener('told', g.pop())",
    ],
    ['a global', 'globalThis.uniTestLeft = 1', 'global', 'the global "uniTestLeft"', 'delete globalThis.uniTestLeft'],
  ])('R1 finds %s, with the source that made it, and not where it is ended', async (_, init, kind, what, undo) => {
    const kept: unknown[] = []
    Object.assign(globalThis, { g: kept })
    try {
      expect(await leftBy(init)).toContainEqual(
        expect.objectContaining({ kind, what, plugin: 'leaver@1.0.0', ...(kind === 'global' && { stack: undefined }) }),
      )
      // In a function of its own, so that it ends what the version before has left.
      const end = new Function('g', 'watch', `return (async () => { ${undo} })()`) as (g: unknown[]) => Promise<void>
      await end(kept)
      expect(await leftBy(`${init}\n onDispose(async () => { ${undo} })`)).toEqual([])
    } finally {
      Reflect.deleteProperty(globalThis, 'g')
    }
  })

  it('R1 finds what is made after an await, and at the top level', async () => {
    const kept: NodeJS.Timeout[] = []
    Object.assign(globalThis, { g: kept })
    const left = await leftBy(
      'await wait(1); g.push(setInterval(() => {}, 1_000))',
      'g.push(setInterval(() => {}, 2_000))',
    )
    for (const timer of kept) clearInterval(timer)
    Reflect.deleteProperty(globalThis, 'g')
    expect(left.map(({ what }) => what).toSorted()).toEqual(['an interval of 1000 ms', 'an interval of 2000 ms'])
  })

  it('R1 R2 finds what is rejected when the version is gone, and nothing of what is while it serves', async () => {
    const gates: (() => void)[] = []
    const gate = (): Promise<void> => new Promise((resolve) => gates.push(resolve))
    Object.assign(globalThis, { uniTestGate: gate })
    // Those of the tests would take it for a failure.
    const others = process.rawListeners('unhandledRejection') as NodeJS.UnhandledRejectionListener[]
    process.removeAllListeners('unhandledRejection')
    const rejected = (at: number): Promise<unknown> =>
      new Promise((resolve) => {
        process.once('unhandledRejection', resolve)
        gates[at]?.()
      })
    try {
      const fails = (what: string): string => `void uniTestGate().then(() => { throw new Error('${what}') });`
      await using folder = await PluginFolder.of({
        'index.ts': plugin(`${fails('early')} ${fails('late')} void uniTestGate().then(() => Promise.reject(7))`),
      })
      const left: Residue[] = []
      using residue = watchResidue({ observer: (it) => left.push(it) })
      const host = new PluginHost({ strategies: [] })
      const { plugin: loaded } = await residue.loading(() => loadPlugin(folder.path, { from: import.meta.url }))
      const handle = await host.add(loaded)
      expect(await rejected(0)).toMatchObject({ message: 'early' })
      await (
        await host.remove(handle)
      ).finalized
      expect(left).toEqual([])
      expect(await rejected(1)).toMatchObject({ message: 'late' })
      expect(await rejected(2)).toBe(7)
      const what = (reason: string): string => `a promise that is rejected now, with nobody to handle it (${reason}),`
      expect(left).toEqual([
        {
          kind: 'rejection',
          what: what('late'),
          plugin: 'leaver@1.0.0',
          // Tests have a way of their own to write stacks, without source maps.
          stack: expect.stringContaining(folder.path) as string,
        },
        { kind: 'rejection', what: what('a thrown number: 7'), plugin: 'leaver@1.0.0', stack: undefined },
      ])
    } finally {
      for (const listener of others) process.on('unhandledRejection', listener)
      Reflect.deleteProperty(globalThis, 'uniTestGate')
    }
  })

  it('R2 finds nothing of a version that ends what it has begun, or of listeners on its own objects', async () => {
    expect(
      await leftBy(`
        const own = new EventEmitter(); own.on('a', () => {})
        uniTestShared.addEventListener('told', () => {}, { signal: lifetime })
        const timer = setInterval(() => {}, 1_000); onDispose(() => clearInterval(timer))
        await wait(1)
      `),
    ).toEqual([])
  })

  it('R2 finds nothing of a version that serves, though it is of the same code as the one that ended', async () => {
    await using folder = await PluginFolder.of({
      'index.ts': plugin('const timer = setInterval(() => {}, 1_000); onDispose(() => clearInterval(timer))'),
    })
    const left: Residue[] = []
    using residue = watchResidue({ observer: (it) => left.push(it) })
    const host = new PluginHost({ strategies: [] })
    const load = (): ReturnType<typeof loadPlugin> => loadPlugin(folder.path, { from: import.meta.url })
    const handle = await host.add((await residue.loading(load)).plugin)
    await (
      await host.reload(handle, (await residue.loading(load)).plugin)
    ).finalized
    await host[Symbol.asyncDispose]()
    expect(left).toEqual([])
  })

  it('R3 leaves everything as it was when it is disposed of', async () => {
    const before = [
      EventEmitter.prototype.on,
      Reflect.get(EventEmitter, 'init'),
      EventTarget.prototype.addEventListener,
      Object.getOwnPropertyDescriptor(process, 'emit'),
    ]
    watchResidue({ targets: [shared] })[Symbol.dispose]()
    expect([
      EventEmitter.prototype.on,
      Reflect.get(EventEmitter, 'init'),
      EventTarget.prototype.addEventListener,
      Object.getOwnPropertyDescriptor(process, 'emit'),
    ]).toEqual(before)
  })

  it('R1 warns where nobody else is told', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    try {
      await using folder = await PluginFolder.of({ 'index.ts': plugin('globalThis.uniTestWarned = 1') })
      using residue = watchResidue()
      const host = new PluginHost({ strategies: [] })
      const { plugin: loaded } = await residue.loading(() => loadPlugin(folder.path, { from: import.meta.url }))
      await (
        await host.remove(await host.add(loaded))
      ).finalized
      expect(warn.mock.calls).toContainEqual([
        'plugin "leaver@1.0.0" has left the global "uniTestWarned" behind. End it by the signal lifetime, or with onDispose.',
        'ResidueWarning',
      ])
    } finally {
      warn.mockRestore()
      Reflect.deleteProperty(globalThis, 'uniTestWarned')
    }
  })

  it('V2 checks its options', () => {
    expect(() => watchResidue({ target: [] } as never)).toThrow('watchResidue options: expected observer, targets')
  })
})
