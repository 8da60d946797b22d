import { isDeepStrictEqual } from 'node:util'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { job } from '../job.js'
import { Later } from './later.js'
import type { JobBackendConformance } from './options.js'
import { sceneOf, version } from './scene.js'

const JOBS = 20

/** How attempts are run. */
export function attemptCases(options: JobBackendConformance): ConformanceCase[] {
  return [
    {
      key: 'attempts/once',
      rule: 'Q1',
      title: 'each job is run once, by the version that serves when it begins, whatever is committed meanwhile',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const ran = new Map<string, { readonly by: number; readonly attempt: number; readonly input: unknown }[]>()
        const done = new Later()
        const count = (): number => Array.from(ran.values(), (runs) => runs.length).reduce((sum, runs) => sum + runs, 0)
        let serving = 1
        const late: string[] = []
        const provider = (by: number) =>
          job({
            name: 'count',
            async run({ id, attempt, input }) {
              if (by !== serving) late.push(id)
              ran.set(id, [...(ran.get(id) ?? []), { by, attempt, input }])
              if (count() === JOBS) done.resolve()
            },
          })
        let handle = await host.add(version(1, opened, [provider(1)]))
        const worker = await expect.works('work', () => opened.work(host))
        after(() => worker.stop())
        const added = new Map<string, unknown>()
        for (let nth = 0; nth < JOBS; nth += 1) {
          const payload = { nth }
          added.set(await expect.works('add', () => opened.add?.('count', payload) ?? ''), payload)
          if (nth % 5 !== 4) continue
          const next = version(serving + 1, opened, [provider(serving + 1)])
          handle = (await host.reload(handle, next)).handle
          serving += 1
        }
        await expect.call('every job to be run', () => done.promise)
        await expect.works('stop', () => worker.stop())
        for (const [id, payload] of added) {
          const runs = ran.get(id) ?? []
          expect.that(runs.length === 1, `job ${id} was run ${runs.length} times`)
          const [run] = runs
          expect.that(run?.attempt === 1, `job ${id} was told that its attempt is ${run?.attempt}`)
          expect.that(
            isDeepStrictEqual(run?.input, payload),
            `job ${id} was given another payload than it was queued with`,
          )
        }
        expect.that(ran.size === added.size, `${ran.size} ids were run, and ${added.size} were queued`)
      },
    },
    {
      key: 'attempts/unprovided',
      rule: 'Q4',
      title: 'a job that nobody provides waits, and is run once somebody does, as its first attempt',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const other = new Later<string>()
        const others = job({ name: 'other', run: ({ id }) => other.resolve(id) })
        const handle = await host.add(version(1, opened, [others]))
        const worker = await expect.works('work', () => opened.work(host))
        after(() => worker.stop())
        const id = await expect.works('add', () => opened.add?.('missing', {}) ?? '')
        await expect.works('add', () => opened.add?.('other', {}) ?? '')
        await expect.call('the job that is provided to be run', () => other.promise)
        const missing = new Later<readonly [string, number]>()
        await host.reload(
          handle,
          version(2, opened, [others, job({ name: 'missing', run: (it) => missing.resolve([it.id, it.attempt]) })]),
        )
        const run = await expect.call('the job to be run that nobody provided', () => missing.promise)
        expect.that(isDeepStrictEqual(run, [id, 1]), `job ${id} was run as job ${run[0]}, attempt ${run[1]}`)
      },
    },
    {
      key: 'attempts/end',
      rule: 'Q5',
      title: 'a worker that is stopped waits for the attempt that has begun',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const inFlight = new Later()
        const finished = new Later()
        let over = false
        const run = async (): Promise<void> => {
          inFlight.resolve()
          await finished.promise
          over = true
        }
        await host.add(version(1, opened, [job({ name: 'long', run })]))
        const worker = await expect.works('work', () => opened.work(host))
        after(() => finished.resolve())
        await expect.works('add', () => opened.add?.('long', {}) ?? '')
        await expect.call('the job to begin', () => inFlight.promise)
        const stopped = expect.works('stop', () => worker.stop())
        finished.resolve()
        await stopped
        expect.that(over, 'the worker was stopped before the attempt was over')
      },
    },
  ]
}
