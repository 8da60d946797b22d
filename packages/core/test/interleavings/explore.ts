import { describeThrown } from '@uni/reload-core'
import * as fc from 'fast-check'
import { commandsOf, type Command } from './commands.js'
import type { Coverage } from './coverage.js'
import { end, setTheScene } from './the-end.js'
import { World } from './world.js'

export interface Exploration {
  readonly seed: number
  readonly runs: number
  /** Where in the runs of a seed to begin, and which commands to keep: as a failure prints them. */
  readonly path: string | undefined
  readonly replayPath: string | undefined
}

/** As many runs of one seed. @throws Error with the commands of a run that fails, and how to run it again. */
export async function explore({ seed, runs, path, replayPath }: Exploration, coverage: Coverage): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), commandsOf(replayPath), async (scheduler, commands) => {
    const world = new World(scheduler, coverage)
    await setTheScene(world)
    await fc.asyncModelRun(() => ({ model: world.model, real: world }), commands)
    await end(world)
    coverage.runs += 1
  })
  const result = await fc.check(property, { seed, numRuns: runs, ...(path !== undefined && { path }) })
  if (result.failed) throw new Error(story(result))
}

function story({ seed, counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[scheduler: fc.Scheduler, commands: Iterable<Command>]>): string {
  const [scheduler, commands] = counterexample ?? []
  const text = String(commands)
  const replayPath = /replayPath="([^"]*)"/.exec(text)?.[1]
  const again = [`RELOAD_SEED=${seed}`, counterexamplePath !== null && `RELOAD_PATH=${counterexamplePath}`, replayPath !== undefined && `RELOAD_COMMANDS='${replayPath}'`]
  return [
    describeThrown(errorInstance), '', ...text.split(/,(?=[a-z])(?![^[{]*[\]}])/), '',
    `Run it again: ${again.filter(Boolean).join(' ')} npx vitest run --project @uni/reload-core test/interleavings`, '',
    'The answers, in the order in which they were released:', String(scheduler),
  ].join('\n')
}
