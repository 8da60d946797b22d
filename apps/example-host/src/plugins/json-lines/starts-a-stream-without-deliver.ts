import type { Plugin } from '@uni/reload-core'
import { cdcOutput, type CdcStartContext, type CdcStream } from '@uni/reload-cdc'
import { SINKS } from './sinks.js'
import { JsonLinesV2 } from './v2.js'

/** Was written for another contract: what it starts can be stopped, and takes no deliveries. */
export function startsAStreamWithoutDeliver(directory: string): Plugin {
  return {
    manifest: { id: 'json-lines', version: '3.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      for (const sink of SINKS) registrar.provide(cdcOutput, new StartsWithoutDeliver(directory, sink))
    },
  }
}

class StartsWithoutDeliver extends JsonLinesV2 {
  override readonly version = '3.0.0'

  override async start(ctx: CdcStartContext): Promise<CdcStream> {
    const stream = await super.start(ctx)
    const misfit = {
      write: (batch: never) => stream.deliver(batch),
      checkpoint: () => stream.checkpoint(),
      shutdown: () => stream.shutdown(),
    }
    return misfit as Partial<CdcStream> as CdcStream
  }
}
