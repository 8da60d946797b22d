import { describeThrown } from '@uni/reload-core'
import * as fc from 'fast-check'
import type { Command } from './act.js'
import { commands } from './commands.js'
import type { Coverage } from './coverage.js'
import { OBSERVERS } from './observers.js'
import { end, setTheScene, type Scene } from './the-end.js'
import { World } from './world.js'

export interface Exploration {
  readonly seed: number
  readonly runs: number
  /** The number of the run to begin with, as a failure prints it. */
  readonly path: string | undefined
}

const mostly = fc.constantFrom(true, true, false)
const scene: fc.Arbitrary<Scene> = fc.record(
  { shared: mostly, dependent: mostly, journaled: mostly.map((not) => !not) },
  { noNullPrototype: true },
)

/** As many runs of one seed. @throws Error with the commands of a run that fails, and how to run it again. */
export async function explore({ seed, runs, path }: Exploration, coverage: Coverage): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), scene, commands(), async (scheduler, given, sequence) => {
    const world = new World(scheduler, coverage, OBSERVERS, given.journaled)
    await setTheScene(world, given)
    await fc.asyncModelRun(() => ({ model: world.model, real: world }), sequence)
    await end(world)
    coverage.runs += 1
  })
  const result = await fc.check(property, { seed, numRuns: runs, ...(path !== undefined && { path }) })
  if (result.failed) throw new Error(story(result))
}

function story({
  seed,
  counterexample,
  counterexamplePath,
  errorInstance,
}: fc.RunDetails<[scheduler: fc.Scheduler, scene: Scene, commands: Iterable<Command>]>): string {
  const [scheduler, given, sequence] = counterexample ?? []
  // What was left out of its commands is found again, the same way, where the run itself is repeated.
  const run = counterexamplePath?.split(':')[0]
  return [
    describeThrown(errorInstance),
    '',
    `beginning with ${JSON.stringify(given)}`,
    ...String(sequence).split(/,(?=[a-z])(?![^[{]*[\]}])/),
    '',
    `Run it again: RELOAD_SEED=${seed}${run === undefined ? '' : ` RELOAD_PATH=${run}`} npx vitest run --project @uni/reload-core test/interleavings`,
    '',
    'The answers, in the order in which they were released:',
    String(scheduler),
  ].join('\n')
}
