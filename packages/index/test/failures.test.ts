import { ReloadError } from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import type { IndexHandle, IndexKindProvider } from '@uni/reload-index'
import { describe, expect, test } from 'vitest'
import { changes, doc } from './fixtures/batches.js'
import { deferred, pause } from './fixtures/deferred.js'
import { FullTextV1 } from './fixtures/full-text-v1.js'
import { FullTextV2 } from './fixtures/full-text-v2.js'
import { plainHandle } from './fixtures/plain-index.js'
import { failureOf, reloadOf, type Reload } from './fixtures/reload.js'

/** The old index answers, takes writes, and was not closed; every handle that was made instead was closed once. */
async function expectOldServes(
  reload: Reload,
  old: FullTextV1,
  abandoned: readonly { closes: number }[],
): Promise<void> {
  expect(reload.gate.resource).toBe(old.handles[0])
  expect(reload.gate.state).toBe('open')
  const before = await reload.ids()
  await reload.gate.write(changes({ upsert: [doc('after the failure')] }))
  expect(await reload.ids()).toEqual([...before, 'after the failure'].sort())
  expect(old.handles.map(({ closes }) => closes)).toEqual([0])
  expect(abandoned.map(({ closes }) => closes)).toEqual(abandoned.map(() => 1))
}

/** A kind of the same key whose `open` is as given. */
function broken(open: IndexKindProvider['open']): IndexKindProvider {
  return { kind: 'fulltext', build: () => ({ finalize: () => plainHandle() }), open }
}

describe('I3, X2: what open() does wrong', () => {
  const rows: Record<string, readonly [open: () => unknown, message: RegExp]> = {
    throws: [
      () => {
        throw new Error('bad magic')
      },
      /bad magic/,
    ],
    rejects: [() => Promise.reject(new Error('no memory')), /no memory/],
    'throws what is no error': [
      () => {
        throw 'just text'
      },
      /just text/,
    ],
    'rejects with nothing': [() => Promise.reject(), /undefined/],
    'resolves with nothing': [
      async () => undefined,
      /what open\(\) resolved with is undefined\. Expected an object with probe\(\), persist\(\), schema\(\)/,
    ],
    'resolves with null': [() => null, /is null/],
    'resolves with a handle that lacks a method': [
      () => plainHandle({ persist: undefined, schema: undefined }),
      /has no persist\(\), schema\(\)/,
    ],
    'resolves with an apply that is no function': [
      () => plainHandle({ apply: true }),
      /has an apply that is a boolean/,
    ],
    'resolves with a snapshot it cannot mean': [() => plainHandle({ snapshot: 'isolate' }), /says snapshot: "isolate"/],
    'resolves with a supportsFilter that says neither': [
      () => plainHandle({ supportsFilter: 'yes' }),
      /has a supportsFilter that is a string\. Expected true, false, or nothing/,
    ],
    'resolves with a handle that says it takes filters, and does not': [
      () => plainHandle({ probeFiltered: undefined }),
      /says supportsFilter, and has no probeFiltered/,
    ],
  }
  test.for(Object.entries(rows))('%s', async ([, [open, message]]) => {
    const made: { closes: number }[] = []
    const old = new FullTextV1()
    const reload = await reloadOf({
      old,
      next: broken(() => {
        const handle = open()
        if (typeof handle === 'object' && handle !== null && 'closes' in handle) made.push(handle as { closes: number })
        return handle as IndexHandle
      }),
    })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({
      code: 'HANDOFF',
      phase: 'prepare',
      step: 'open',
      surface: 'index-kind',
      key: 'fulltext',
      resource: 'articles',
      rollbackErrors: [],
    })
    expect(error.message).toMatch(message)
    await expectOldServes(reload, old, made)
  })

  test('resolves with the old handle: it is not closed, as a handle that is not wanted would be', async () => {
    const old = new FullTextV1()
    const reload = await reloadOf({ old, next: broken(() => old.handles[0] as IndexHandle) })
    expect((await failureOf(reload.dispatch())).message).toMatch(/resolved with the old handle itself/)
    await expectOldServes(reload, old, [])
  })

  test('is missing', async () => {
    const old = new FullTextV1()
    const reload = await reloadOf({
      old,
      next: { kind: 'fulltext', build: () => ({ finalize: () => plainHandle() }) } as never,
    })
    expect((await failureOf(reload.dispatch())).message).toMatch(/the index kind has no open\(\)/)
    await expectOldServes(reload, old, [])
  })
})

describe('I3, X15: what persist() does wrong', () => {
  test.for([
    [
      'throws',
      () => {
        throw new Error('disk full')
      },
      /disk full/,
    ],
    ['rejects with a number', () => Promise.reject(28), /28/],
    ['gives half of the image', () => new TextEncoder().encode('{"format":1,"docs":[{"id'), /JSON/],
  ] as const)('%s', async ([, persist, message]) => {
    const old = new FullTextV1()
    const next = new FullTextV2()
    const reload = await reloadOf({ old, next })
    const [handle] = old.handles
    Object.assign(handle as object, { persist })
    const error = await failureOf(reload.dispatch())
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare' })
    expect(error.message).toMatch(message)
    await expectOldServes(reload, old, next.handles)
  })
})

describe('I8, X15: a step that hangs', () => {
  test('open: STEP_TIMEOUT, the old index serves, and what it resolves with late is closed once', async () => {
    const clock = new ManualClock()
    const old = new FullTextV1()
    const late = deferred<IndexHandle>()
    const reached = deferred()
    const closed = deferred()
    const handle = plainHandle()
    const close = handle.close as () => void
    handle.close = () => {
      close()
      closed.resolve()
    }
    const reload = await reloadOf({
      old,
      clock,
      next: broken(async (image) => {
        await image.bytes()
        reached.resolve()
        return late.promise
      }),
    })
    const failure = failureOf(reload.dispatch())
    await reached.promise
    await reload.gate.write(changes({ upsert: [doc('during')] }))
    clock.advance(300_000)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'open' })
    late.resolve(handle)
    await closed.promise
    await expectOldServes(reload, old, [handle])
    expect(await reload.ids()).toContain('during')
    clock.advance(300_000)
    expect(clock.pending).toBe(0)
  })

  test('persist: writers are let go, and its late image is dropped', async () => {
    const clock = new ManualClock()
    const persisting = pause()
    const old = new FullTextV1({ onPersist: persisting.step })
    const next = new FullTextV2()
    const reload = await reloadOf({ old, next, clock })
    const failure = failureOf(reload.dispatch())
    await persisting.reached
    const held = reload.gate.write(changes({ upsert: [doc('held')] }))
    clock.advance(300_000)
    expect(await failure).toMatchObject({ code: 'STEP_TIMEOUT', phase: 'prepare', step: 'persist' })
    await held
    expect(await reload.ids()).toContain('held')
    persisting.goOn()
    await expectOldServes(reload, old, next.handles)
    expect(next.handles).toEqual([])
  })
})

describe('I8: an abort', () => {
  test('reaches open through its signal, and rolls back', async () => {
    const controller = new AbortController()
    const old = new FullTextV1()
    const reached = deferred()
    const told = deferred<unknown>()
    const next = new FullTextV2({
      onOpen: (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            told.resolve(signal.reason)
            reject(signal.reason)
          })
          reached.resolve()
        }),
    })
    const reload = await reloadOf({ old, next })
    const failure = failureOf(reload.dispatch({ signal: controller.signal }))
    await reached.promise
    controller.abort(new Error('operator'))
    expect(await failure).toMatchObject({ code: 'ABORTED', phase: 'prepare' })
    expect(ReloadError.is(await told.promise)).toBe(true)
    await expectOldServes(reload, old, next.handles)
  })
})

describe('I3: a replay that fails', () => {
  test('the new handle refuses a recorded write: the old index has it, and serves', async () => {
    const opening = pause()
    const old = new FullTextV1()
    const handle = plainHandle({
      apply: () => {
        throw new Error('unknown column')
      },
      schema: () => old.handles[0]?.schema(),
    })
    const reload = await reloadOf({
      old,
      next: broken(async () => {
        await opening.step()
        return handle
      }),
    })
    const failure = failureOf(reload.dispatch())
    await opening.reached
    await reload.gate.write(changes({ upsert: [doc('during')] }))
    opening.goOn()
    const error = await failure
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'converge', step: 'replay' })
    expect(error.message).toMatch(/unknown column/)
    await expectOldServes(reload, old, [handle])
    expect(await reload.ids()).toContain('during')
  })

  test('a close that throws on the way back is reported beside the failure', async () => {
    const old = new FullTextV1()
    const handle = plainHandle({ schema: () => undefined })
    handle.close = () => {
      handle.closes += 1
      throw new Error('cannot close')
    }
    const reload = await reloadOf({ old, next: broken(() => handle) })
    const error = await failureOf(reload.dispatch())
    expect(error.message).toMatch(/what schema\(\) returned is undefined/)
    expect(error.rollbackErrors).toHaveLength(1)
    await expectOldServes(reload, old, [handle])
  })
})
