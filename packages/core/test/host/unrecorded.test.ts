import { PluginHost, type JournalRecord, type PluginHandle, type ReloadEvent } from '@uni/reload-core'
import { npmRanges } from '@uni/reload-core/ranges'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { MemoryJournal } from '../fixtures/journaled.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

/** A host whose journal can be filled up, and what its observer is told. */
function scene() {
  const journal = new MemoryJournal()
  const clock = new ManualClock()
  const events: ReloadEvent[] = []
  const host = new PluginHost({
    ranges: npmRanges,
    strategies: [],
    journal,
    clock,
    observer: (event) => {
      events.push(event)
    },
    timeouts: { journal: 1_000 },
  })
  const fail = (...types: readonly JournalRecord['type'][]): void => {
    journal.onAppend = ({ type }) => {
      if (types.includes(type)) throw new Error('no space left')
    }
  }
  const permanent = (): string[] => host.plugins().map(({ id, version, permanent: is }) => `${id}@${version} ${is}`)
  return { journal, clock, events, host, fail, permanent }
}

const named = (id: string, version = '1.0.0'): TestPlugin => new TestPlugin(id, version)
const UNRECORDED = {
  code: 'JOURNAL',
  phase: 'commit',
  step: 'committed',
  hint: expect.stringContaining('makePermanent') as string,
}

describe('J2 a commit that cannot be written down', () => {
  it('I10 an install is not permanent, its caller can find that out, and makePermanent writes what is missing', async () => {
    const { journal, events, host, fail, permanent } = scene()
    fail('committed')
    const handle = await host.add(named('a'))
    expect({ permanent: permanent(), a: journal.version('a') }).toEqual({ permanent: ['a@1.0.0 false'], a: undefined })
    expect(events.filter(({ type }) => type === 'unrecorded')).toMatchObject([
      { plugins: ['a@1.0.0'], error: { ...UNRECORDED, plugin: 'a', cause: { code: 'JOURNAL' } } },
    ])
    expect(await refusalOf(host.makePermanent(handle))).toMatchObject({
      code: 'JOURNAL',
      phase: 'bake',
      plugin: 'a@1.0.0',
      step: 'committed',
      hint: expect.stringContaining('try again') as string,
    })
    expect(permanent()).toEqual(['a@1.0.0 false'])
    fail()
    await host.makePermanent(handle)
    expect({ permanent: permanent(), a: journal.version('a') }).toEqual({ permanent: ['a@1.0.0 true'], a: '1.0.0' })
  })

  it('I10 a removal says so, and is made permanent by the handle of what was removed', async () => {
    const { journal, host, fail, permanent } = scene()
    const handle = await host.add(named('a'))
    using lease = host.capture({ label: 'holds it' })
    fail('committed')
    const { report } = await host.remove(handle)
    expect(report.unrecorded).toMatchObject({ ...UNRECORDED, plugin: 'a' })
    expect(lease.epoch).toBeGreaterThan(0)
    expect({ permanent: permanent(), a: journal.version('a') }).toEqual({ permanent: ['a@1.0.0 true'], a: '1.0.0' })
    expect(await refusalOf(host.makePermanent(handle))).toMatchObject({ code: 'JOURNAL' })
    fail()
    await host.makePermanent(handle)
    expect({ permanent: permanent(), a: journal.version('a') }).toEqual({ permanent: ['a@1.0.0 false'], a: undefined })
    await host.makePermanent(handle)
    expect(await refusalOf(host.makePermanent({ ...handle, generation: 7 }))).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
    })
  })

  it('I10 a reload says so, and is made permanent with the commit that was missing before it', async () => {
    const { journal, host, fail, permanent } = scene()
    const handle = await host.add(named('a'))
    fail('committed')
    const { handle: next, report, finalized } = await host.reload(handle, named('a', '2.0.0'))
    expect(report.unrecorded).toMatchObject(UNRECORDED)
    await finalized
    fail()
    await host.makePermanent(next)
    expect({ permanent: permanent(), a: journal.version('a'), types: journal.types.slice(-2) }).toEqual({
      permanent: ['a@2.0.0 true'],
      a: '2.0.0',
      types: ['committed', 'permanent'],
    })
  })

  it('a commit that is written down says nothing of it', async () => {
    const { events, host } = scene()
    const handle = await host.add(named('a'))
    const { report } = await host.reload(handle, named('a', '2.0.0'))
    expect({ report, events: events.filter(({ type }) => type === 'unrecorded') }).toEqual({
      report: expect.not.objectContaining({ unrecorded: expect.anything() as unknown }),
      events: [],
    })
  })

  it('J5 nothing is begun or made permanent before it is written down, which is tried again each time', async () => {
    const { journal, host, fail, permanent } = scene()
    const user = await host.add(named('user'))
    fail('committed')
    await host.add(named('base'))
    const needing = new TestPlugin('user', '2.0.0', { dependsOn: [{ id: 'base', range: '^1.0.0' }] })
    expect(await refusalOf(host.reload(user, needing))).toMatchObject({
      code: 'JOURNAL',
      phase: 'stage',
      step: 'committed',
      hint: expect.stringContaining('no plugin can be changed') as string,
    })
    expect(needing.calls.register).toBe(0)
    fail()
    const { handle, finalized } = await host.reload(user, needing)
    await finalized
    expect(permanent()).toEqual(['user@2.0.0 false', 'base@1.0.0 true'])
    expect(journal.version('base')).toBe('1.0.0')
    await host.makePermanent(handle)
    expect(journal.version('user')).toBe('2.0.0')
  })

  it('J5 commits are written down in their order, and one of them is not held up by those behind it', async () => {
    const { journal, host, permanent } = scene()
    const [first, second] = [new Deferred(), new Deferred()]
    journal.onAppend = (record) =>
      record.type === 'committed' ? (record.operation === 1 ? first : second).promise : undefined
    const [a, b] = [host.add(named('a')), host.add(named('b'))]
    await turn()
    second.resolve()
    expect({ permanent: permanent(), b: await standing(b) }).toEqual({
      permanent: ['a@1.0.0 false', 'b@1.0.0 false'],
      b: 'pending',
    })
    first.resolve()
    await Promise.all([a, b])
    expect({
      permanent: permanent(),
      committed: journal.records.flatMap((record) => (record.type === 'committed' ? [record.operation] : [])),
    }).toEqual({ permanent: ['a@1.0.0 true', 'b@1.0.0 true'], committed: [1, 2] })
  })

  it('J7 I8 J5 where one of them cannot be written down, those behind it wait no longer than it does', async () => {
    const { journal, host, fail, permanent } = scene()
    fail('committed')
    const adding = Promise.all([host.add(named('a')), host.add(named('b'))])
    expect(await standing(adding)).toBe('fulfilled')
    fail()
    await host.makePermanent((await adding)[1])
    expect({ permanent: permanent(), types: journal.types.slice(-2) }).toEqual({
      permanent: ['a@1.0.0 true', 'b@1.0.0 true'],
      types: ['committed', 'committed'],
    })
  })

  it('J5 nothing is made permanent while a commit is being written down, be it its own', async () => {
    const { journal, host } = scene()
    const disk = new Deferred()
    const handle = await host.add(named('a'))
    journal.onAppend = ({ type }) => (type === 'committed' ? disk.promise : undefined)
    const reloading = host.reload(handle, named('a', '2.0.0'))
    await turn()
    const permanent = host.makePermanent(host.plugin('a') as PluginHandle)
    expect(await standing(permanent)).toBe('pending')
    disk.resolve()
    await Promise.all([permanent, (await reloading).finalized])
    expect(journal.types.filter((type) => type === 'committed' || type === 'permanent')).toEqual([
      'committed',
      'committed',
      'permanent',
    ])
  })

  it('J5 what is being made permanent is judged as if it were, and as if it were not', async () => {
    const { journal, host } = scene()
    const disk = new Deferred()
    const handle = await host.add(named('a'))
    const other = await host.add(named('other'))
    const { handle: second } = await host.reload(
      handle,
      new TestPlugin('a', '2.0.0', { dependsOn: [{ id: 'other', range: '*' }] }),
    )
    journal.onAppend = ({ type }) => (type === 'permanent' ? disk.promise : undefined)
    const permanent = host.makePermanent(second)
    const { handle: third } = await host.reload(second, named('a', '3.0.0'))
    expect(await refusalOf(host.remove(other))).toMatchObject({ code: 'DEPENDENCY', plugin: 'a@2.0.0' })
    disk.resolve()
    await permanent
    await host.makePermanent(third)
    await host.remove(other)
    expect({ a: journal.version('a'), other: journal.version('other') }).toEqual({ a: '3.0.0', other: undefined })
  })

  it('J5 a makePermanent that was refused before the journal was given its record is not under way', async () => {
    const { journal, host, fail } = scene()
    const handle = await host.add(named('a'))
    const other = await host.add(named('other'))
    const { handle: second } = await host.reload(
      handle,
      new TestPlugin('a', '2.0.0', { dependsOn: [{ id: 'other', range: '*' }] }),
    )
    fail('committed')
    await host.add(named('b'))
    expect(await refusalOf(host.makePermanent(second))).toMatchObject({ code: 'JOURNAL', step: 'committed' })
    fail()
    await host.reload(second, named('a', '3.0.0'))
    await host.remove(other)
    expect({ permanent: journal.types.includes('permanent'), other: journal.version('other') }).toEqual({
      permanent: false,
      other: undefined,
    })
  })
})

describe('I8 a journal that does not answer', () => {
  it.each(['intent', 'prepared'] as const)(
    'is waited for no longer than timeouts.journal, and the reload is rolled back (%s)',
    async (type) => {
      const { journal, clock, host } = scene()
      const handle = await host.add(named('a'))
      const disk = new Deferred()
      journal.onAppend = (record) => (record.type === type ? disk.promise : undefined)
      const next = named('a', '2.0.0')
      const reloading = refusalOf(host.reload(handle, next))
      await turn()
      clock.advance(1_000)
      const error = await reloading
      expect(error).toMatchObject({
        code: 'STEP_TIMEOUT',
        plugin: 'a',
        step: type,
        hint: expect.stringContaining('timeouts.journal') as string,
        rollbackErrors: [
          {
            code: 'JOURNAL',
            step: 'rolled-back',
            message: expect.stringContaining(`has not answered since it was given the record "${type}"`) as string,
          },
        ],
      })
      expect([host.plugin('a'), next.calls.init, next.calls.shutdown]).toEqual([
        handle,
        ...(type === 'intent' ? [0, 0] : [1, 1]),
      ])
      // Nothing is given to it before it answers.
      expect(await refusalOf(host.reload(handle, named('a', '3.0.0')))).toMatchObject({
        code: 'JOURNAL',
        step: 'intent',
      })
      disk.resolve()
      await turn()
      // What has happened meanwhile is made up for.
      expect(journal.types.at(-1)).toBe('rolled-back')
      expect((await host.reload(handle, named('a', '4.0.0'))).status).toBe('committed')
    },
  )

  it('what has happened meanwhile is written down once the journal has answered for every record that it was given', async () => {
    const { journal, clock, host } = scene()
    const handles = [await host.add(named('a')), await host.add(named('b'))]
    await turn()
    const { length } = journal.types
    const disks = handles.map(() => new Deferred())
    const waiting = [...disks]
    journal.onAppend = ({ type }) => (type === 'intent' ? waiting.shift()?.promise : undefined)
    const reloading = handles.map((handle) => refusalOf(host.reload(handle, named(handle.id, '2.0.0'))))
    await turn()
    clock.advance(1_000)
    expect(await Promise.all(reloading)).toMatchObject([{ code: 'STEP_TIMEOUT' }, { code: 'STEP_TIMEOUT' }])
    const told: string[] = []
    for (const disk of disks) {
      disk.resolve()
      await turn()
      told.push(journal.types.slice(length).join())
    }
    expect(told).toEqual(['intent', 'intent,intent,rolled-back,rolled-back'])
  })

  it('an abort does not wait for it', async () => {
    const { journal, host } = scene()
    const handle = await host.add(named('a'))
    journal.onAppend = () => new Promise(() => {})
    const abort = new AbortController()
    const reloading = refusalOf(host.reload(handle, named('a', '2.0.0'), { signal: abort.signal }))
    await turn()
    abort.abort()
    expect(await reloading).toMatchObject({ code: 'ABORTED', rollbackErrors: [{ code: 'JOURNAL' }] })
    expect(host.plugin('a')).toEqual(handle)
  })

  it('a commit is reported as not written down, and is permanent once the journal answers after all', async () => {
    const { journal, clock, events, host, permanent } = scene()
    const disk = new Deferred()
    journal.onAppend = ({ type }) => (type === 'committed' ? disk.promise : undefined)
    const adding = host.add(named('a'))
    await turn()
    clock.advance(1_000)
    const handle = await adding
    expect(events.filter(({ type }) => type === 'unrecorded')).toMatchObject([
      { error: { ...UNRECORDED, cause: { code: 'STEP_TIMEOUT' } } },
    ])
    expect(permanent()).toEqual(['a@1.0.0 false'])
    disk.resolve()
    await host.makePermanent(handle)
    expect({ permanent: permanent(), types: journal.types.filter((type) => type === 'committed') }).toEqual({
      permanent: ['a@1.0.0 true'],
      types: ['committed'],
    })
  })

  it('nor does the end of a host wait longer', async () => {
    const { journal, clock, host } = scene()
    const handle = await host.add(named('a'))
    journal.onAppend = () => new Promise(() => {})
    const reloading = refusalOf(host.reload(handle, named('a', '2.0.0')))
    await turn()
    const closing = host[Symbol.asyncDispose]()
    clock.advance(1_000)
    await closing
    expect(await reloading).toMatchObject({ code: 'STEP_TIMEOUT' })
    expect({ plugins: host.plugins(), pending: clock.pending }).toEqual({ plugins: [], pending: 0 })
  })

  it('the end of a host tries once more to write down the commits that are owed', async () => {
    const { journal, host, fail } = scene()
    fail('committed')
    await host.add(named('a'))
    fail()
    await host[Symbol.asyncDispose]()
    expect(journal.version('a')).toBe('1.0.0')
  })
})
