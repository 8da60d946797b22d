import { isDeepStrictEqual } from 'node:util'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { job } from '../job.js'
import type { PayloadSchema } from '../payload-schema.js'
import type { JobBackendConformance, OpenedBackend } from './options.js'
import { Later } from './later.js'
import { sceneOf, version } from './scene.js'

/** More than any backend is expected to give in one page. */
const MANY = 1100

const refusing: PayloadSchema = {
  '~standard': {
    version: 1,
    vendor: 'conformance',
    validate: (value) => ({ issues: [{ message: `no ${JSON.stringify(value)}`, path: ['nth'] }] }),
  },
}

/** How what waits is read, and what that decides. */
export function waitingCases(options: JobBackendConformance): ConformanceCase[] {
  return [
    {
      key: 'waiting/all',
      rule: 'P3',
      title: 'every job that waits under a name is in some page, with its id and its payload, and no other is',
      async run(expect: Expectation, after) {
        const { opened } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const added = new Map<string, unknown>()
        for (let nth = 0; nth < MANY; nth += 100) {
          const batch = Array.from({ length: 100 }, (_, at) => ({ nth: nth + at }))
          const ids = await Promise.all(
            batch.map((payload) => expect.works('add', () => opened.add?.('count', payload) ?? '')),
          )
          for (const [at, id] of ids.entries()) added.set(id, batch[at])
        }
        await expect.works('add', () => opened.add?.('other', { nth: 0 }) ?? '')
        const { jobs, lookedAt } = await readAll(opened, expect)
        expect.that(
          isDeepStrictEqual(jobs, added),
          `${added.size} jobs were queued, and ${jobs.size} are in the pages, or their payloads differ`,
        )
        expect.that(lookedAt === MANY + 1, `${MANY + 1} jobs are there, and ${lookedAt} were looked at`)
      },
    },
    {
      key: 'waiting/begun',
      rule: 'P3',
      title: 'a job whose attempt has begun is in some page',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const inFlight = new Later()
        const finished = new Later()
        const run = (): Promise<void> => {
          inFlight.resolve()
          return finished.promise
        }
        await host.add(version(1, opened, [job({ name: 'count', run })]))
        const worker = await expect.works('work', () => opened.work(host))
        after(() => worker.stop())
        after(() => finished.resolve())
        const id = await expect.works('add', () => opened.add?.('count', {}) ?? '')
        await expect.call('the job to begin', () => inFlight.promise)
        const { jobs } = await readAll(opened, expect)
        expect.that(jobs.has(id), `job ${id}, which is in an attempt, is in no page`)
      },
    },
    {
      key: 'waiting/refused',
      rule: 'P1',
      title: 'a version whose schema refuses what waits is refused, and one without the job, too',
      needs: ['waiting/all'],
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        if (opened.add === undefined) return
        const handle = await host.add(version(1, opened, [job({ name: 'count', run: () => {} })]))
        const id = await expect.works('add', () => opened.add?.('count', { nth: 1 }) ?? '')
        const unfit = version(2, opened, [job({ name: 'count', schema: refusing, run: () => {} })])
        const refusal = await expect.refused('a version whose schema refuses a payload', () =>
          host.reload(handle, unfit),
        )
        expect.that(
          String(refusal).includes(`job ${id}, payload.nth: no {"nth":1}`),
          `the refusal names neither job, field nor issue: ${String(refusal)}`,
        )
        await expect.refused('a version without a job that is queued', () =>
          host.reload(handle, version(3, opened, [])),
        )
      },
    },
  ]
}

async function readAll({ backend }: OpenedBackend, expect: Expectation) {
  const jobs = new Map<string, unknown>()
  let lookedAt = 0
  if (backend.waiting === undefined) return expect.fail('the backend takes jobs, and has no waiting()')
  for await (const page of backend.waiting('count', new AbortController().signal)) {
    for (const { id, payload } of page.jobs) jobs.set(id, payload)
    lookedAt += page.lookedAt
  }
  return { jobs, lookedAt }
}
