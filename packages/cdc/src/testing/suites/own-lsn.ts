import type { Suite } from '../case.js'
import { RESUMES } from '../needs.js'

export const ownLsnSuite: Suite = ({ noticesLoss }) =>
  noticesLoss
    ? [
        {
          key: 'own-lsn/behind-the-start',
          rule: 'P10',
          title: 'refuses to start above what it has: rows between are lost',
          needs: RESUMES,
          async run(bench) {
            const { expect, history } = bench
            history.commit()
            const checkpoint = await bench.visit(history.from(history.origin))
            history.commit()
            const lost = history.head
            // The LSN is one as if the sink had been restored from a backup older than the checkpoint.
            await expect.refused(`start({ fromLsn: ${lost} }) of a sink that ends at ${checkpoint}`, async () => {
              const stream = await bench.start({ fromLsn: lost })
              try {
                // A sink may also notice it with the first batch.
                await stream.deliver(history.commit())
              } finally {
                await stream.shutdown()
              }
            })
            await bench.expectStored(checkpoint)
          },
        },
      ]
    : []
