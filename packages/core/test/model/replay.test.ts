import { describe, expect, it } from 'vitest'
import { replay, type Scene } from './replay.js'
import { openPreCopy } from './scenes/pre-copy.js'
import { openStopAndCopy } from './scenes/stop-and-copy.js'
import { openOverlap } from './scenes/overlap.js'
import { openExclusive } from './scenes/exclusive.js'
import { openConcurrent } from './scenes/concurrent.js'
import { openAttach } from './scenes/attach.js'
import { openBake } from './scenes/bake.js'
import { openCrash } from './scenes/crash.js'
import { openTogether } from './scenes/together.js'
import { digestOf, tracedModels, tracesOf } from './trace-file.js'

const SCENES: Readonly<Record<string, () => Promise<Scene>>> = {
  attach: openAttach,
  bake: openBake,
  concurrent: openConcurrent,
  crash: openCrash,
  exclusive: openExclusive,
  overlap: openOverlap,
  'pre-copy': openPreCopy,
  'stop-and-copy': openStopAndCopy,
  together: openTogether,
}

it('there is a scene for each model that has traces', () => {
  expect(tracedModels()).toEqual(Object.keys(SCENES))
})

describe.each(Object.entries(SCENES))('the model %s', (model, open) => {
  const { digest, traces } = tracesOf(model)

  it('is the one its traces were taken from; if not, `pnpm model:traces` takes them anew', () => {
    expect(digest).toBe(digestOf(model))
    expect(traces.length).toBeGreaterThan(0)
  })

  it.each(traces)('I1–I12 does what the code does, with seed $seed', async (trace) => {
    const { clock } = await replay(trace, await open())
    // I12: nothing is left that would wake the host.
    expect(clock.pending).toBe(0)
  })
})
