import { ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { journaled } from '../fixtures/journaled.js'
import { STORES } from '../fixtures/store.js'

describe('J2 a record that cannot be written', () => {
  it.each(['intent', 'prepared'])('I3 rolls back what it would begin (%s)', async (type) => {
    const { journal, host, v1, v2, handle, store } = await journaled()
    journal.onAppend = (record) => {
      if (record.type === type) throw new Error('no space left')
    }
    await expect(host.reload(handle, v2)).rejects.toMatchObject({
      code: 'JOURNAL',
      plugin: 'stores',
      step: type,
      hint: expect.any(String) as string,
    })
    await store.write(1)
    using lease = host.capture()
    expect(lease.resource(STORES['pre-copy'], 'main')).toBe(v1.provider.made[0])
    expect([v1.calls.shutdown, v2.calls.init, v2.calls.shutdown]).toEqual(type === 'intent' ? [0, 0, 0] : [0, 1, 1])
    expect(v2.provider.made.every(({ closed }) => closed === 1)).toBe(true)
    expect({ version: journal.version(), stores: host.plugin('stores') }).toEqual({ version: '1.0.0', stores: handle })
  })

  it('I10 is reported of what has happened (finalized)', async () => {
    const { journal, host, v2, handle } = await journaled()
    journal.onAppend = ({ type }) => {
      if (type === 'finalized') throw new Error('no space left')
    }
    const result = await host.reload(handle, v2)
    expect((await result.finalized).errors).toMatchObject([{ code: 'JOURNAL', phase: 'finalize', step: 'finalized' }])
  })

  it('I10 is reported with what failed before it (rolled-back)', async () => {
    const { journal, host, v2, handle } = await journaled()
    v2.provider.breakNext('verify', () => {
      throw new Error('no')
    })
    journal.onAppend = ({ type }) => {
      if (type === 'rolled-back') throw new Error('no space left')
    }
    await expect(host.reload(handle, v2)).rejects.toMatchObject({
      code: 'HANDOFF',
      rollbackErrors: [{ code: 'JOURNAL', phase: 'rollback', step: 'rolled-back' }],
    })
  })

  it('I10 is told at the end of a health period (permanent)', async () => {
    const { journal, clock, host, v2, handle } = await journaled()
    const { finalized } = await host.reload(handle, v2, { bake: { ms: 10 } })
    journal.onAppend = ({ type }) => {
      if (type === 'permanent') throw new Error('no space left')
    }
    clock.advance(10)
    expect((await finalized).bake).toMatchObject({
      outcome: 'healthy',
      error: {
        code: 'JOURNAL',
        phase: 'bake',
        plugin: 'stores@2.0.0',
        step: 'permanent',
        cause: { message: 'no space left' },
        hint: expect.stringContaining('Mend the journal, then try again') as string,
      },
    })
    expect(host.plugins()).toMatchObject([{ version: '2.0.0', permanent: false }])
  })

  it('what a journal says itself is told as it says it', async () => {
    const { journal, host, v2, handle } = await journaled()
    const { handle: next } = await host.reload(handle, v2)
    const closed = new ReloadError('JOURNAL', 'it was closed')
    journal.onAppend = () => {
      throw closed
    }
    await expect(host.makePermanent(next)).rejects.toBe(closed)
  })
})
