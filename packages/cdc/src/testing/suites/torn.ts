import { attempt } from '@uni/reload-core/testing'
import type { CdcLsn } from '../../contract.js'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { RESUMES } from '../needs.js'

async function torn(bench: Bench): Promise<CdcLsn> {
  const { history } = bench
  for (const rows of [2, 3]) history.commit(rows)
  const checkpoint = await bench.visit(history.from(history.origin))
  await bench.hook('tear')(bench.stream)
  return checkpoint
}

/** Goes on with a torn sink. A sink that always refuses to is sound, too: it adds nothing to what it cannot read. */
async function repairedOrRefused(bench: Bench, from: CdcLsn): Promise<void> {
  const opened = await attempt(() => bench.start({ fromLsn: from }))
  if ('error' in opened) return
  const outcome = await attempt(async () => {
    for (const batch of bench.history.from(from)) await opened.value.deliver(batch)
    return await opened.value.checkpoint()
  })
  await attempt(() => opened.value.shutdown())
  if ('error' in outcome) return
  if (!bench.history.isBoundary(outcome.value))
    bench.expect.fail(`a checkpoint lies where a batch ends; ${outcome.value} does not`)
  await bench.expectStored(outcome.value)
}

export const tornSuite: Suite = ({ torn: claimed }) =>
  claimed
    ? [
        {
          key: 'torn/keeps-what-was-whole',
          rule: 'P10',
          title: 'keeps what lies below the checkpoint beside something half written',
          needs: RESUMES,
          async run(bench) {
            const checkpoint = await torn(bench)
            const outcome = await attempt(() => bench.visit([], checkpoint))
            await bench.expectNoneMissing(
              checkpoint,
              `${'error' in outcome ? 'refusing' : 'repairing'} what was half written,`,
            )
          },
        },
        {
          key: 'torn/goes-on',
          rule: 'P10',
          title: 'repairs what a crash left half written, or refuses it',
          needs: [...RESUMES, 'torn/keeps-what-was-whole'],
          async run(bench) {
            const checkpoint = await torn(bench)
            for (const rows of [2, 1]) bench.history.commit(rows)
            await repairedOrRefused(bench, checkpoint)
          },
        },
        {
          key: 'torn/twice',
          rule: 'P10',
          title: 'survives another crash after the repair',
          needs: [...RESUMES, 'torn/goes-on'],
          async run(bench) {
            const checkpoint = await torn(bench)
            await attempt(() => bench.visit([], checkpoint))
            await bench.hook('tear')(bench.stream)
            bench.history.commit(2)
            await repairedOrRefused(bench, checkpoint)
          },
        },
      ]
    : []
