import { attempt } from '@uni/reload-core/testing'
import type { CdcBatch, CdcLsn, CdcStream } from '../../contract.js'
import type { Bench } from '../bench.js'
import type { Suite } from '../case.js'
import { RESUMES } from '../needs.js'

/** How often the host would try: a stream may need a delivery or two to notice that it has to connect again. */
const ATTEMPTS = 5

async function delivers(stream: CdcStream, batch: CdcBatch): Promise<boolean> {
  for (let tries = 0; tries < ATTEMPTS; tries += 1) {
    if ('value' in (await attempt(() => stream.deliver(batch)))) return true
  }
  return false
}

async function begun(bench: Bench): Promise<{ stream: CdcStream; checkpoint: CdcLsn }> {
  const stream = await bench.open()
  await bench.deliver(stream, bench.history.commit(), bench.history.commit())
  return { stream, checkpoint: await bench.checkpoint(stream) }
}

const needs = [...RESUMES, 'outage/acknowledges-nothing-false']

export const outageSuite: Suite = ({ outage }) =>
  outage
    ? [
        {
          key: 'outage/acknowledges-nothing-false',
          rule: 'P5',
          title: 'answers no checkpoint for what an outage kept from being stored',
          needs: RESUMES,
          async run(bench) {
            const { stream, checkpoint } = await begun(bench)
            const heal = await bench.hook('outage')()
            const batch = bench.history.commit()
            await attempt(() => stream.deliver(batch))
            const during = await attempt(() => stream.checkpoint())
            await heal()
            if ('value' in during) {
              if (during.value < checkpoint)
                bench.expect.fail(`the checkpoint was ${checkpoint}, and fell to ${during.value} in an outage`)
              await bench.expectStored(during.value)
            }
            await attempt(() => stream.shutdown())
            // What was accepted beyond the checkpoint is delivered again, and so is what was refused.
            await bench.finish(checkpoint)
          },
        },
        {
          key: 'outage/goes-on',
          rule: 'P9',
          title: 'takes the same batch in the same stream once the cause is gone',
          needs,
          async run(bench) {
            const { stream } = await begun(bench)
            const heal = await bench.hook('outage')()
            const batch = bench.history.commit()
            const accepted = await delivers(stream, batch)
            await heal()
            if (!accepted && !(await delivers(stream, batch)))
              bench.expect.fail(`a stream goes on after an outage; this one refused the batch ${ATTEMPTS} times more`)
            await bench.deliver(stream, bench.history.commit())
            const checkpoint = await bench.checkpoint(stream)
            await bench.shutdown(stream)
            await bench.expectStored(checkpoint)
          },
        },
        {
          key: 'outage/start',
          rule: 'P9',
          title: 'leaves nothing behind where it cannot be started, and is started afterwards',
          needs,
          async run(bench) {
            const { stream, checkpoint } = await begun(bench)
            await bench.shutdown(stream)
            const heal = await bench.hook('outage')()
            for (let tries = 0; tries < 3; tries += 1) {
              const started = await attempt(() => bench.start({ fromLsn: checkpoint }))
              if ('value' in started) await attempt(() => started.value.shutdown())
            }
            await heal()
            bench.history.commit()
            await bench.finish(checkpoint)
          },
        },
        {
          key: 'outage/shutdown',
          rule: 'P9',
          title: 'is shut down in an outage, and taken up by a successor',
          needs,
          async run(bench) {
            const { stream, checkpoint } = await begun(bench)
            const heal = await bench.hook('outage')()
            const batch = bench.history.commit()
            await attempt(() => stream.deliver(batch))
            await attempt(() => stream.shutdown())
            await heal()
            await bench.finish(checkpoint)
          },
        },
      ]
    : []
