import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { job } from '../job.js'
import type { JobBackendConformance, OpenedBackend } from './options.js'
import { sceneOf, version } from './scene.js'

/** Whose schedules are in force. */
export function scheduleCases(options: JobBackendConformance): ConformanceCase[] {
  const [one, two] = options.schedules
  const at = (schedule?: string) => job({ name: 'count', schedule, run: () => {} })

  async function holds(
    opened: OpenedBackend,
    expect: Expectation,
    expected: string | undefined,
    when: string,
  ): Promise<void> {
    if (opened.inForce === undefined) return
    const found = await expect.works('inForce', () => opened.inForce?.('count'))
    expect.that(found === expected, `${when}, the schedule in force is ${found}, and should be ${expected}`)
  }

  return [
    {
      key: 'schedules/commit',
      rule: 'S1',
      title: 'a schedule is in force from the commit on, and no longer where it is taken back or the job is removed',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        const failing = { ...version(2, opened, [at(two)]), init: () => Promise.reject(new Error('a bad version')) }
        const handle = await host.add(version(1, opened, [at(one)]))
        await holds(opened, expect, one, 'after the install')
        await expect.refused('a version whose init fails', () => host.reload(handle, failing))
        await holds(opened, expect, one, 'after a reload that was rolled back')
        const bake = { ms: 600_000, healthy: () => true }
        const baking = await host.reload(handle, version(3, opened, [at(two)]), { bake })
        await holds(opened, expect, two, 'after the commit')
        await host.takeBack(baking.handle)
        await holds(opened, expect, one, 'after the take-back')
        const back = host.plugin('conformance')
        if (back === undefined) return expect.fail('the plugin is gone')
        const { handle: last } = await host.reload(back, version(4, opened, [at()]))
        await holds(opened, expect, undefined, 'where the next version has none')
        const again = await host.reload(last, version(5, opened, [at(two)]))
        await holds(opened, expect, two, 'where the next version has one again')
        await host.remove(again.handle)
        await holds(opened, expect, undefined, 'after the removal')
      },
    },
    {
      key: 'schedules/refused',
      rule: 'S3',
      title: 'a version with what is no schedule is refused, and its place is named',
      async run(expect: Expectation, after) {
        const { opened, host } = await sceneOf(options, expect, after)
        for (const schedule of options.noSchedules) {
          expect.begin(`the schedule "${schedule}"`)
          const refusal = await expect.refused(`an install with it`, () => host.add(version(1, opened, [at(schedule)])))
          expect.that(String(refusal).includes(schedule), `the refusal does not name it: ${String(refusal)}`)
        }
      },
    },
  ]
}
