import type { Plugin } from '@uni/reload-core'
import { cdcOutput } from '@uni/reload-cdc'
import { SINKS } from './sinks.js'
import { JsonLinesV2 } from './v2.js'

/** Cannot begin where the old version ended. */
export function startFails(directory: string): Plugin {
  return {
    manifest: { id: 'json-lines', version: '3.0.0', capabilities: [cdcOutput.id] },
    register(registrar) {
      for (const sink of SINKS) registrar.provide(cdcOutput, new StartFails(directory, sink))
    },
  }
}

class StartFails extends JsonLinesV2 {
  override readonly version = '3.0.0'

  override async start(): Promise<never> {
    throw new Error('no space left for the new sink')
  }
}
