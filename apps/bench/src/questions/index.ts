import type { Question } from '../question.js'
import { attach } from './attach.js'
import { capture } from './capture.js'
import { cdcPause } from './cdc-pause.js'
import { commit } from './commit.js'
import { cordis } from './cordis.js'
import { crowd } from './crowd.js'
import { dispatch } from './dispatch.js'
import { fastify } from './fastify.js'
import { hocuspocus } from './hocuspocus.js'
import { indexBytes } from './index-bytes.js'
import { load } from './load.js'
import { neighbours } from './neighbours.js'
import { overlap } from './overlap.js'
import { pause } from './pause.js'
import { serve } from './serve.js'
import { size } from './size.js'
import { stall } from './stall.js'
import { status } from './status.js'
import { yjsPages } from './yjs-crowd.js'

/** Every question, in the order they are asked. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  capture,
  attach,
  commit,
  dispatch,
  overlap,
  stall,
  status,
  crowd,
  'yjs-crowd': yjsPages,
  neighbours,
  'index-bytes': indexBytes,
  pause,
  'cdc-pause': cdcPause,
  serve,
  fastify,
  hocuspocus,
  cordis,
  load,
  size,
}

/**
 * Those about pauses: each is asked of a process that is started as a host is best started, and of one that is started
 * with Node's defaults.
 */
export const ASKED_TWICE: ReadonlySet<string> = new Set(['stall', 'crowd', 'yjs-crowd', 'neighbours'])
