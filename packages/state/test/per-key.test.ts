import { PluginHost, type Plugin } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { memory, memoryHandoff, openMemory, PerKey, type Memory } from '../src/index.js'
import { Deferred } from '../../core/test/fixtures/deferred.js'

type Lines = string[]
const rooms = memory<Lines, string>('rooms')

const plugin = (version: string): Plugin => ({
  manifest: { id: 'rooms', version },
  register: (registrar) =>
    void registrar.provide(rooms, { name: 'room', initial: () => [], apply: (lines, line) => void lines.push(line) }),
})

/** Rooms that are loaded from a disk, and saved to it. */
async function scene(save?: (room: Memory<Lines, string>, name: string) => Promise<void>) {
  const host = new PluginHost({ strategies: [memoryHandoff(rooms)] })
  const handle = await host.add(plugin('1.0.0'))
  const disk = new Map<string, Lines>()
  const perKey = new PerKey(host, rooms, {
    key: 'room',
    open: (provider, name) => openMemory<Lines, string>({ image: disk.get(name) ?? [] })(provider),
    save: async (room, name) => {
      await save?.(room, name)
      disk.set(name, room.image() as Lines)
    },
  })
  return { host, handle, disk, rooms: perKey }
}

const linesOf = (room: { use<T>(read: (memory: Memory<Lines, string>) => T): Promise<T> }): Promise<Lines> =>
  room.use(({ value }) => [...value])

describe('resources that come and go', () => {
  it('K1 are shared by those that open one by the same name, and closed by the last', async () => {
    const { host, disk, rooms: perKey } = await scene()
    const [a, b] = await Promise.all([perKey.open('lobby'), perKey.open('lobby')])
    await a.write('hello')
    expect(await linesOf(b)).toEqual(['hello'])
    await a.close()
    expect(host.resources()).toMatchObject([{ name: 'lobby' }])
    await b.write('bye')
    await b.close()
    expect({ open: perKey.names(), live: host.resources() }).toEqual({ open: [], live: [] })
    expect(disk.get('lobby')).toEqual(['hello', 'bye'])
  })

  it('K1 are opened anew from what was saved', async () => {
    const { rooms: perKey } = await scene()
    const first = await perKey.open('lobby')
    await first.write('hello')
    await first.close()
    expect(await linesOf(await perKey.open('lobby'))).toEqual(['hello'])
  })

  it('K2 I4 one that is opened again while it is saved stays open, with what is written meanwhile', async () => {
    const slow = [new Deferred()]
    const { host, disk, rooms: perKey } = await scene(() => slow.shift()?.promise ?? Promise.resolve())
    const [saving] = slow as [Deferred]
    const first = await perKey.open('lobby')
    await first.write('a')
    const closing = first.close()
    const second = await perKey.open('lobby')
    const written = second.write('b')
    saving.resolve()
    await Promise.all([closing, written])
    expect(host.resources()).toMatchObject([{ name: 'lobby' }])
    await second.close()
    expect(disk.get('lobby')).toEqual(['a', 'b'])
    expect(host.resources()).toEqual([])
  })

  it('K2 I4 one that somebody has opened, written to and closed while it was saved is saved once more', async () => {
    const slow = [new Deferred()]
    const { disk, rooms: perKey } = await scene(() => slow.shift()?.promise ?? Promise.resolve())
    const [saving] = slow as [Deferred]
    const first = await perKey.open('lobby')
    const closing = first.close()
    const second = await perKey.open('lobby')
    const written = second.write('b')
    const closingToo = second.close()
    saving.resolve()
    await Promise.all([closing, written, closingToo])
    expect(disk.get('lobby')).toEqual(['b'])
    expect(perKey.names()).toEqual([])
  })

  it('K3 I4 one that cannot be saved stays open, and is saved the next time', async () => {
    let full = true
    const {
      host,
      disk,
      rooms: perKey,
    } = await scene(async () => {
      if (full) throw new Error('the disk is full')
    })
    const first = await perKey.open('lobby')
    await first.write('a')
    await expect(first.close()).rejects.toThrow('the disk is full')
    expect(host.resources()).toMatchObject([{ name: 'lobby' }])
    full = false
    const second = await perKey.open('lobby')
    expect(await linesOf(second)).toEqual(['a'])
    await second.close()
    expect(disk.get('lobby')).toEqual(['a'])
  })

  it('K4 refuse what is done with one that was let go', async () => {
    const { rooms: perKey } = await scene()
    const [room, other] = [await perKey.open('lobby'), await perKey.open('lobby')]
    await room.close()
    await room.close()
    await expect(room.write('late')).rejects.toMatchObject({ code: 'RESOURCE_CLOSED', resource: 'lobby' })
    await expect(linesOf(room)).rejects.toMatchObject({ code: 'RESOURCE_CLOSED' })
    expect(await linesOf(other)).toEqual([])
  })

  it('K5 closeAll saves and closes each, whoever uses it; nothing is acknowledged after that', async () => {
    const { host, disk, rooms: perKey } = await scene()
    const [lobby, bar] = [await perKey.open('lobby'), await perKey.open('bar')]
    await lobby.write('a')
    const last = bar.write('b')
    await perKey.closeAll()
    await last
    await expect(lobby.write('late')).rejects.toMatchObject({ code: 'RESOURCE_CLOSED' })
    await expect(perKey.open('lobby')).rejects.toMatchObject({ code: 'RESOURCE_CLOSED', hint: 'Make another PerKey.' })
    expect(Object.fromEntries(disk)).toEqual({ lobby: ['a'], bar: ['b'] })
    expect(host.resources()).toEqual([])
  })

  it('K5 closeAll says which could not be saved, and has saved the others', async () => {
    const { disk, rooms: perKey } = await scene(async (_, name) => {
      if (name === 'bar') throw new Error('no place for bar')
    })
    const lobby = await perKey.open('lobby')
    await perKey.open('bar')
    await lobby.write('a')
    await expect(perKey.closeAll()).rejects.toMatchObject({ errors: [{ message: 'no place for bar' }] })
    expect(disk.get('lobby')).toEqual(['a'])
  })

  it('one that cannot be opened is not there afterwards', async () => {
    const { host, rooms: perKey } = await scene()
    const broken = new PerKey(host, rooms, {
      key: 'room',
      open: () => {
        throw new Error('no such room')
      },
    })
    await expect(broken.open('lobby')).rejects.toThrow('no such room')
    expect(broken.names()).toEqual([])
    await (await perKey.open('lobby')).close()
  })

  it('K2 I4 come and go while their plugin is replaced, with nothing lost', async () => {
    const { host, handle, disk, rooms: perKey } = await scene()
    let handles = handle
    const over = new AbortController()
    const visits = 30
    const visitors = Array.from({ length: 8 }, async (_, visitor) => {
      for (let visit = 0; visit < visits; visit += 1) {
        const room = await perKey.open(`room ${(visitor + visit) % 5}`)
        await room.write(`${visitor}.${visit}`)
        await room.close()
      }
    })
    const reloads = (async () => {
      for (let version = 2; !over.signal.aborted && version < 200; version += 1) {
        const { handle: next } = await host.reload(handles, plugin(`${version}.0.0`))
        handles = next
      }
    })()
    await Promise.all(visitors)
    over.abort()
    await reloads
    const expected = Array.from({ length: 8 * visits }, (_, at) => `${at % 8}.${Math.floor(at / 8)}`)
    expect([...disk.values()].flat().toSorted()).toEqual(expected.toSorted())
    expect(host.resources()).toEqual([])
  })
})
