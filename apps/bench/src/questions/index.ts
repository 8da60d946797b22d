import type { Question } from '../question.js'
import { capture } from './capture.js'
import { cdcPause } from './cdc-pause.js'
import { commit } from './commit.js'
import { dispatch } from './dispatch.js'
import { indexBytes } from './index-bytes.js'
import { load } from './load.js'
import { overlap } from './overlap.js'
import { pause } from './pause.js'
import { serve } from './serve.js'
import { size } from './size.js'

/** Every question, in the order they are asked. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  capture, commit, dispatch, overlap, 'index-bytes': indexBytes, pause, 'cdc-pause': cdcPause, serve, load, size,
}
