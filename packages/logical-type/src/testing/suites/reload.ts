import type { HandoffStrategy, ReloadResult } from '@uni/reload-core'
import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { logicalType, type LogicalTypeProvider } from '../../contract.js'
import type { LogicalTypeVerdict } from '../../judge.js'
import { displaysAsBefore } from '../displays-as-before.js'
import { expectSame } from '../expect-same.js'
import { CountedPlugin, Hosted } from '../hosted.js'
import type { Subject } from '../subject.js'
import { successor } from '../successor.js'
import { textOf } from '../text-of.js'

/** The discipline in a real host: a version of the same type goes ahead, and leases go on with the old one. */
export function reloadSuite(subject: Subject, strategy: HandoffStrategy<LogicalTypeProvider>): ConformanceCase[] {
  const needs = ['reload/same-version']
  return [
    {
      key: 'reload/same-version',
      rule: 'L1, L5, L6, L9',
      title: 'a reload with the same version goes ahead, fully judged',
      needs: [
        'contract/stable',
        'contract/canonical',
        'contract/reserved-name',
        'samples/listed',
        'column/display',
        'column/same-bytes',
      ],
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const next = new CountedPlugin('2.0.0', subject.make())
        const result = await expect.works('a reload with another provider of the same version', () =>
          hosted.reload(next),
        )
        const verdict = result.report.compat[0]?.verdict as LogicalTypeVerdict | undefined
        expect.that(
          verdict !== undefined && verdict.level !== 'incompatible',
          `the verdict of the reload: expected it to go ahead, found ${JSON.stringify(verdict)}`,
        )
        const [unjudged] = verdict.unjudged ?? []
        expect.that(
          unjudged === undefined || unjudged.path.startsWith('samples['),
          `not all was judged: ${unjudged?.path}: ${unjudged?.reason}`,
        )
        expect.that(hosted.serving() === next.provider, 'the new version does not serve after the reload')
        const { status, errors } = await result.finalized
        expectSame(expect, 'the end of the old version', 'finalized', errors.length === 0 ? status : textOf(errors[0]))
        expectSame(expect, 'how often the old version was shut down', 1, hosted.old.shutdowns)
      },
    },
    {
      key: 'reload/dry-run',
      rule: 'I3',
      title: 'a dry run changes nothing',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const next = new CountedPlugin('2.0.0', subject.make())
        const { status } = await expect.works('a dry run', () => hosted.reload(next, { dryRun: true }))
        expectSame(expect, 'its status', 'dry-run', status)
        expect.that(hosted.serving() === hosted.old.provider, 'the old version does not serve after a dry run')
        displaysAsBefore(subject, hosted.old.provider, 'after a dry run', expect)
        expectSame(expect, 'how often the new version was shut down', next.inits, next.shutdowns)
      },
    },
    {
      key: 'reload/lease',
      rule: 'I1',
      title: 'who holds the old version goes on with it',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const reloaded = async (): Promise<ReloadResult> => {
          using lease = hosted.host.capture()
          const result = await expect.works('the reload', () =>
            hosted.reload(new CountedPlugin('2.0.0', subject.make())),
          )
          expect.that(
            lease.get(logicalType, hosted.old.provider.name) === hosted.old.provider,
            'a lease taken before the reload sees another version',
          )
          displaysAsBefore(subject, hosted.old.provider, 'in a lease taken before the reload', expect)
          return result
        }
        const { finalized } = await reloaded()
        expectSame(expect, 'the end of the old version', 'finalized', (await finalized).status)
      },
    },
    {
      key: 'reload/removed',
      rule: 'L8',
      title: 'a type that was removed may come back as it was',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const { report, finalized } = await hosted.host.remove(hosted.handle)
        await finalized
        expectSame(expect, 'what the host forgot of the removed type', '', report.forgotten.join(', '))
        const back = new CountedPlugin('1.0.0', subject.make(), 'another')
        await expect.works('another plugin that brings the type back', () => hosted.host.add(back))
        expect.that(hosted.serving() === back.provider, 'the type that came back does not serve')
      },
    },
    {
      key: 'reload/removed-changed',
      rule: 'L8, I6',
      title: 'a type that was removed may not come back as another',
      needs,
      async run(expect: Expectation) {
        await using hosted = await Hosted.start(strategy, subject.make())
        const { finalized } = await hosted.host.remove(hosted.handle)
        await finalized
        for (const changes of [
          { encodingVersion: 'another' },
          { toDisplay: (value: unknown) => `${hosted.old.provider.toDisplay(value)}?` },
        ]) {
          const back = new CountedPlugin('1.0.0', successor(hosted.old.provider, changes), 'another')
          const error = await expect.refused(
            `another plugin that brings the type back with another ${Object.keys(changes)[0]}`,
            () => hosted.host.add(back),
          )
          expectSame(expect, 'the code of its error', 'SCHEMA_INCOMPAT', (error as { code?: unknown }).code)
        }
      },
    },
  ]
}
