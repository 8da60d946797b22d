import type { Exploration } from './explore.js'

/** Runs in the test command. A soak goes on in batches of as many. */
const RUNS = 1_000

/**
 * Of the test command, so that what fails there fails because of what was changed. A soak looks for what nobody has
 * seen.
 */
const SEED = 20_261_123

/** How the interleavings are run, as the environment says; see the README beside this file. */
export interface Settings extends Exploration {
  readonly soakMinutes: number | undefined
}

export function settingsOf({
  RELOAD_SEED,
  RELOAD_RUNS,
  RELOAD_PATH,
  SOAK_MINUTES,
}: Readonly<Record<string, string | undefined>>): Settings {
  return {
    seed: RELOAD_SEED !== undefined ? Number(RELOAD_SEED) : SOAK_MINUTES === undefined ? SEED : freshSeed(),
    runs: Number(RELOAD_RUNS ?? RUNS),
    path: RELOAD_PATH,
    soakMinutes: SOAK_MINUTES === undefined ? undefined : Number(SOAK_MINUTES),
  }
}

/** Too little of it is run for everything to come up. */
export function isPartial({ runs, path }: Settings): boolean {
  return runs < RUNS || path !== undefined
}

export function freshSeed(): number {
  return Math.trunc(Math.random() * 0x7fffffff)
}
