import { PluginHost } from '@uni/reload-core'
import {
  backgroundJob,
  backgroundJobHandoff,
  runJob,
  type BackgroundJobProvider,
  type JobRun,
} from '@uni/reload-core/surfaces'
import { ManualClock } from '@uni/reload-core/testing'
import { describe, expect, it } from 'vitest'
import { Deferred, standing, turn } from '../fixtures/deferred.js'
import { refusalOf } from '../fixtures/refusal.js'
import { TestPlugin } from '../fixtures/test-plugin.js'

function jobs(version: string, run: BackgroundJobProvider['run']): TestPlugin {
  return new TestPlugin('jobs', version, {
    register: (registrar) => {
      registrar.provide(backgroundJob, { name: 'nightly', run })
    },
  })
}

describe('backgroundJob', () => {
  it('I7 a running job finishes on the old provider, and the next tick runs the new one', async () => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff()] })
    const ran: string[] = []
    const work = new Deferred()
    const old = jobs('1.0.0', async () => {
      ran.push('old begins')
      await work.promise
      ran.push('old ends')
    })
    const handle = await host.add(old)
    const running = runJob(host, 'nightly')
    const { finalized } = await host.reload(
      handle,
      jobs('2.0.0', () => {
        ran.push('new')
      }),
    )
    await runJob(host, 'nightly')
    expect(ran).toEqual(['old begins', 'new'])
    expect(host.plugins().find(({ state }) => state === 'retired')?.heldBy).toMatchObject([
      { label: 'job nightly', holds: 'provider' },
    ])
    expect(await standing(finalized)).toBe('pending')
    expect(old.calls.shutdown).toBe(0)
    work.resolve()
    await running
    await finalized
    expect(ran).toEqual(['old begins', 'new', 'old ends'])
    expect(old.calls.shutdown).toBe(1)
  })

  it('I9 a job that is forced out is told by its signal', async () => {
    const clock = new ManualClock()
    await using host = new PluginHost({
      strategies: [backgroundJobHandoff()],
      clock,
      drain: { deadlineMs: 100, onDeadline: 'force' },
    })
    const handle = await host.add(
      jobs(
        '1.0.0',
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('told to stop')))
          }),
      ),
    )
    const running = runJob(host, 'nightly')
    const { finalized } = await host.reload(
      handle,
      jobs('2.0.0', () => {}),
    )
    await turn()
    clock.advance(100)
    await expect(running).rejects.toThrow('told to stop')
    expect((await finalized).status).toBe('forced')
  })

  it('lets go of the plugin also where the job fails, or its caller gives up', async () => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff()] })
    const handle = await host.add(
      jobs('1.0.0', ({ signal }) => {
        signal.throwIfAborted()
        throw new Error('no data')
      }),
    )
    await expect(runJob(host, 'nightly')).rejects.toThrow('no data')
    await expect(runJob(host, 'nightly', { signal: AbortSignal.abort(new Error('shutting down')) })).rejects.toThrow(
      'shutting down',
    )
    expect(
      await (
        await host.reload(
          handle,
          jobs('2.0.0', () => {}),
        )
      ).finalized,
    ).toMatchObject({ status: 'finalized', blockers: [] })
  })

  it('I3 one that queued runs still name cannot be removed', async () => {
    let runs = 1204
    await using host = new PluginHost({
      strategies: [backgroundJobHandoff({ queued: async (name) => (name === 'nightly' ? runs : 0) })],
    })
    const handle = await host.add(jobs('1.0.0', () => {}))
    const error = await refusalOf(host.remove(handle))
    expect(error).toMatchObject({
      code: 'SCHEMA_INCOMPAT',
      step: 'checkRemoval',
      surface: 'background-job',
      key: 'nightly',
    })
    expect(error.message).toContain('1204 queued runs still name this job')
    runs = 0
    expect((await host.remove(handle)).report.removed).toEqual([{ surface: 'background-job', key: 'nightly' }])
  })

  it.each<[string, unknown]>([
    ['-1', -1],
    ['nothing', undefined],
  ])('I3 a queue that answers %s is no reason to remove it', async (_, answer) => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff({ queued: () => answer as number })] })
    const handle = await host.add(jobs('1.0.0', () => {}))
    const error = await refusalOf(host.remove(handle))
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPAT', step: 'checkRemoval', key: 'nightly' })
    expect(error.message).toContain('queued("nightly"): expected a whole number, 0 or more')
  })

  it.each<[string, object]>([
    ['queued', { queued: 3 }],
    ['onSchedules', { onSchedules: {} }],
  ])('backgroundJobHandoff refuses an option %s of another type by name', (name, options) => {
    expect(() => backgroundJobHandoff(options)).toThrow(`backgroundJobHandoff options.${name}: expected a function`)
  })

  it('is given what its run is about, and gives what comes of it', async () => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff()] })
    const ran: JobRun[] = []
    await host.add(jobs('1.0.0', (run) => ran.push(run)))
    const entry = { input: { to: 'ada' }, id: 'mail 17', attempt: 3 }
    expect(await runJob(host, 'nightly', entry)).toBe(1)
    expect(ran[0]).toEqual({ ...entry, signal: expect.any(AbortSignal) })
    await Promise.all([runJob(host, 'nightly'), runJob(host, 'nightly', { id: undefined })])
    const [, second, third] = ran
    expect([second, third]).toMatchObject([
      { input: undefined, attempt: 1 },
      { input: undefined, attempt: 1 },
    ])
    expect(second?.id).not.toBe(third?.id)
  })

  it.each<[string, object]>([
    ['runJob options.attempt', { attempt: 0 }],
    ['runJob options.id', { id: '' }],
    ['runJob options.signal', { signal: true }],
    ['runJob options', { payload: 1 }],
  ])('refuses %s by name', async (path, options) => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff()] })
    await expect(runJob(host, 'nightly', options)).rejects.toThrow(`${path}: expected `)
  })

  it('PROVIDER_NOT_FOUND for a job that nobody provides', async () => {
    await using host = new PluginHost({ strategies: [backgroundJobHandoff()] })
    expect(await refusalOf(runJob(host, 'nightly'))).toMatchObject({ code: 'PROVIDER_NOT_FOUND', key: 'nightly' })
  })
})
