import { defineSurface, type KindHandoff, type Surface } from '@uni/reload-core'
import type { CdcBatch, CdcOutputProvider, CdcStream } from './contract.js'
import { deliver } from './progress.js'

/** CDC outputs. A write is one delivery; `OUT_OF_ORDER` unless it starts where the one before ended. */
export const cdcOutput: Surface<CdcOutputProvider, CdcStream, CdcBatch> = defineSurface<
  CdcOutputProvider,
  CdcStream,
  CdcBatch
>({
  id: 'cdc-output',
  keyOf: (provider) => provider.name,
  methods: ['start'],
  apply: deliver,
})

/** One live stream that a host with its own registry asks to have handed over. */
export type CdcHandoff = KindHandoff<CdcOutputProvider, CdcStream, CdcBatch>
