import { OldProviders, ReloadDispatcher } from '@uni/reload-core'
import type { Expectation } from '@uni/reload-core/testing'
import { crdtKind } from '../../contract.js'
import { crdtHandoff } from '../../strategy.js'
import type { CrdtCase } from '../case.js'
import { makeEdits } from '../edits.js'
import { plugin, ReloadStand } from '../reload-stand.js'
import { sameValue } from '../same-value.js'
import { SMALL, type Stand } from '../stand.js'
import { Rendezvous } from '../rendezvous.js'

const FEW = SMALL / 3

/** The steps of the discipline, in a real host with the real strategy. */
export const handoffSuite: readonly CrdtCase[] = [
  {
    key: 'handoff/compatible',
    rule: 'X20',
    title: 'a version is compatible with itself, in both directions',
    needs: ['persist/late', 'persist/sync'],
    async run(stand, expect: Expectation) {
      const next = (await stand.settings.make()).provider
      for (const direction of ['backward', 'full'] as const) {
        const dispatcher = new ReloadDispatcher([crdtHandoff({ direction })])
        const report = await expect.works('judging a version against itself', () =>
          dispatcher.checkCompat(
            new OldProviders().add(crdtKind, stand.provider),
            new OldProviders().add(crdtKind, next),
          ),
        )
        const verdict = report.entries[0]?.verdict
        expect.that(
          verdict?.level === 'compatible',
          `a version judged against itself (direction "${direction}") is ${verdict?.level ?? 'not judged'}; ` +
            `expected compatible: ${verdict && 'reason' in verdict ? verdict.reason : 'no reason given'}`,
        )
      }
    },
  },
  {
    key: 'handoff/edits',
    rule: 'X20',
    title: 'edits made before, during and after a handoff are in the document, once each',
    async run(stand, expect: Expectation) {
      const [before, during, after] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before)
      const old = await reloads.serving()
      const result = await reloadWhile(reloads, expect, () => reloads.write(during))
      expect.that(
        result.report.replayedWrites === during.length,
        `${result.report.replayedWrites} operations were replayed; expected the ${during.length} that were made ` +
          'meanwhile',
      )
      expect.that((await reloads.serving()) !== old, 'the old document serves after the commit')
      await reloads.write(after)
      sameValue(expect, await reloads.value(), reloads.expected, 'the document that serves after a handoff')
    },
  },
  {
    key: 'handoff/exclusive',
    rule: 'X20',
    title: 'an exclusive handoff keeps the document, and edits that wait for it arrive once',
    needs: ['handoff/edits'],
    async run(stand, expect: Expectation) {
      const [before, during, after] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before)
      let waiting: Promise<void> | undefined
      await expect.works('an exclusive reload', () =>
        reloads.reload({ cutover: 'exclusive' }, (next, moment) => ({
          fromPersisted(bytes) {
            // The document is stopped, so these writes are held until the commit.
            if (moment.handingOver && waiting === undefined) {
              waiting = reloads.write(during)
              // Awaited below, if the reload succeeds.
              waiting.catch(() => {})
            }
            return next.fromPersisted(bytes)
          },
        })),
      )
      await waiting
      await reloads.write(after)
      expect.that(waiting !== undefined, 'the new version opened no document')
      sameValue(expect, await reloads.value(), reloads.expected, 'the document that serves after an exclusive handoff')
    },
  },
  {
    key: 'handoff/dry-run',
    rule: 'X20',
    title: 'a dry run changes nothing',
    async run(stand, expect: Expectation) {
      const [before, during] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before)
      const old = await reloads.serving()
      const { status } = await expect.works('a dry run', () => reloads.reload({ dryRun: true }))
      expect.that(status === 'dry-run', `a dry run ended as ${status}`)
      expect.that((await reloads.serving()) === old, 'another document serves after a dry run')
      await reloads.write(during)
      sameValue(expect, await reloads.value(), reloads.expected, 'the document, edited after a dry run,')
    },
  },
  {
    key: 'handoff/finalized',
    rule: 'X20',
    title: 'what a reload opened, and what it replaced, is closed once and without an error',
    needs: ['handoff/edits'],
    async run(stand, expect: Expectation) {
      const [before, during] = threeParts(stand)
      await using reloads = await ReloadStand.of(stand.settings, before)
      const result = await reloadWhile(reloads, expect, () => reloads.write(during))
      const { errors } = await result.finalized
      expect.that(errors.length === 0, `closing the old document failed: ${errors.map(String).join('; ')}`)
      const closes = reloads.watch.closesOf(await reloads.serving())
      expect.that(
        closes.every((count) => count === 1),
        `of ${closes.length} documents no longer in service, ${closes.filter((count) => count !== 1).length} ` +
          'were not closed once',
      )
    },
  },
  {
    key: 'handoff/remembered',
    rule: 'X20',
    title: 'a kind that was removed can come back',
    needs: ['contract/empty', 'handoff/compatible'],
    async run(stand, expect: Expectation) {
      await using reloads = await ReloadStand.of(stand.settings, [], {})
      const { report } = await reloads.host.remove(reloads.handle, { onOrphan: 'close' })
      expect.that(
        report.forgotten.length === 0,
        `what the kind meant could not be remembered when it was removed: ${report.forgotten.join(', ')}`,
      )
      const { provider } = await stand.settings.make()
      await expect.works('bringing back a kind that was removed', () => reloads.host.add(plugin('2.0.0', provider)))
    },
  },
]

type Parts = readonly [before: Uint8Array[], during: Uint8Array[], after: Uint8Array[]]

function threeParts(stand: Stand): Parts {
  const ops = makeEdits(stand.subject, { count: SMALL, seed: stand.seed })
  return [ops.slice(0, FEW), ops.slice(FEW, 2 * FEW), ops.slice(2 * FEW)]
}

/** Reloads, and calls `meanwhile` after the snapshot was taken and before it is opened. */
async function reloadWhile(
  reloads: ReloadStand,
  expect: Expectation,
  meanwhile: () => Promise<void>,
): ReturnType<ReloadStand['reload']> {
  const rendezvous = new Rendezvous()
  const reloading = reloads.reload({}, (next, moment) => ({
    async fromPersisted(bytes) {
      if (moment.handingOver) await rendezvous.wait()
      return next.fromPersisted(bytes)
    },
  }))
  await Promise.race([rendezvous.arrived, reloading.catch(() => {})])
  await meanwhile()
  rendezvous.goOn()
  return expect.works('a reload', () => reloading)
}
