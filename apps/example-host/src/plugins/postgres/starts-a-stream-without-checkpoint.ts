import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcStartContext, type CdcStream } from '@uni/reload-cdc'
import { PostgresRowsV2 } from './v2.js'

/** Was written for another contract, and says with each delivery, instead of when it is asked, how far it has come. */
export function startsAStreamWithoutCheckpoint(connectionString: string): Plugin {
  return {
    manifest: { id: 'postgres', version: '3.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      registrar.provide(cdcOutput, new StartsWithoutCheckpoint(connectionString))
    },
  }
}

class StartsWithoutCheckpoint extends PostgresRowsV2 {
  override readonly version = '3.0.0'

  override async start(ctx: CdcStartContext): Promise<CdcStream> {
    const stream = await super.start(ctx)
    const misfit: Partial<CdcStream> = { deliver: (batch) => stream.deliver(batch), shutdown: () => stream.shutdown() }
    return misfit as CdcStream
  }
}
