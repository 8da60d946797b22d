import type { ManualClock } from '@uni/reload-core/testing'
import { expect } from 'vitest'
import { turn } from '../fixtures/deferred.js'
import type { Trace, Visible } from './trace-file.js'

/** The real thing, as a model sees it. */
export interface Scene {
  readonly clock: ManualClock
  /** What the outside does, by the names the model gives it. */
  readonly steps: Readonly<Record<string, (who: number) => void>>
  /** What the model shows, observed. */
  visible(): Visible
}

/** More turns of the event loop than anything takes to come to rest. */
const ENOUGH_TURNS = 100

/** Has the outside do what it does in the trace. After each step the code has to look as the model does. */
export async function replay({ seed, start, steps }: Trace, scene: Scene): Promise<Scene> {
  const expected: Record<string, string> = { ...start }
  await comeToRest(scene, expected, `seed ${seed}, start`)
  for (const [at, [step, changed]] of steps.entries()) {
    const [, name = step, who = '0'] = /^(.*) (\d)$/.exec(step) ?? []
    const take = scene.steps[name]
    if (take === undefined)
      throw new Error(`the trace with seed ${seed} has the step "${step}", which this scene does not know`)
    take(Number(who))
    Object.assign(expected, changed)
    await comeToRest(scene, expected, `seed ${seed}, step ${at + 1}: ${step}`)
  }
  return scene
}

async function comeToRest(scene: Scene, expected: Visible, where: string): Promise<void> {
  for (let turns = 0; turns < ENOUGH_TURNS && !isSame(scene.visible(), expected); turns += 1) await turn()
  // Code that has come this far and goes on does more than the model allows.
  await turn()
  await turn()
  expect({ where, ...scene.visible() }).toEqual({ where, ...expected })
}

function isSame(one: Visible, other: Visible): boolean {
  return Object.keys(other).every((name) => one[name] === other[name])
}
