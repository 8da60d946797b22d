import * as fc from 'fast-check'
import { BROKEN_AT, FAULTS, LASTING, METHODS, type Broken, type Fault, type Method } from './calls.js'
import type { OperationGiven } from './operations.js'
import { ANSWERS, BREAKS_BACK, type Answer, type BakeGiven } from './bake-given.js'
import { PATIENCE } from './resources.js'
import type { StoreDiscipline } from '../fixtures/store.js'
import { kindOf, KINDS, PLUGIN_IDS, RESOURCES } from './version-data.js'

/** For each answer that is released, how many microtasks are run after it; from 12 on, all that are due. */
export const pace = fc.array(fc.nat(15), { maxLength: 10, size: 'max' })
export const id = fc.constantFrom(...PLUGIN_IDS)
/** What becomes of the shared key: mostly it stays where it is. */
const shares = fc.constantFrom('stays', 'stays', 'stays', 'provided', 'dropped')
/** What a version has its host open: mostly what the one before it did, or, where there was none, all it can. */
const opened: fc.Arbitrary<'stays' | readonly (StoreDiscipline | 'guest')[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('stays' as const) },
  fc.subarray([...KINDS, 'guest' as const]),
)
export const given = fc.record({
  major: rarely<1 | 2>(2, 1),
  shared: shares,
  without: rarely(fc.constantFrom(...KINDS), undefined),
  prompt: rarely(true, false),
  isolated: fc.boolean(),
  opens: opened,
})
export type Given = typeof given extends fc.Arbitrary<infer T> ? T : never
const answers = fc.array(fc.constantFrom<Answer[]>('yes', 'yes', 'yes', 'no', 'no', ...ANSWERS), {
  minLength: 1,
  maxLength: 4,
})
const times = fc.constantFrom(
  { ms: 80, everyMs: 80 },
  { ms: 300, everyMs: 300 },
  { ms: 300, everyMs: 80 },
  { ms: 1_000, everyMs: 340 },
)
export const bake: fc.Arbitrary<BakeGiven> = fc
  .tuple(
    times,
    answers,
    rarely(true, false),
    fc.boolean(),
    fc.option(fc.constantFrom(...BREAKS_BACK), { freq: 2, nil: undefined }),
  )
  .map(([{ ms, everyMs }, given, nobody, prompt, breaks]) =>
    nobody ? { ms, everyMs: ms, answers: [], prompt, breaks } : { ms, everyMs, answers: given, prompt, breaks },
  )
export const operation: fc.Arbitrary<OperationGiven> = fc.record({
  cutover: fc.constantFrom('overlap' as const, 'overlap' as const, 'exclusive' as const),
  onOrphan: fc.constantFrom('reject' as const, 'close' as const),
  dryRun: rarely(true, false),
  force: fc.boolean(),
  bake: fc.option(bake, { freq: 2, nil: undefined }),
  reopens: rarely(true, false),
})
export const streams = fc.constantFrom(...RESOURCES.filter((resource) => kindOf(resource) === 'stop-and-copy'))
export const stores = fc.constantFrom(...RESOURCES.filter((resource) => kindOf(resource) !== 'stop-and-copy'))
export const resources = fc.constantFrom(...RESOURCES)
export const uses = fc.oneof(resources, fc.constant('everything' as const))
export const patience = fc.constantFrom(...PATIENCE)
export const counts = fc.constantFrom(1, 1, 2)
/** Nonsense is what nothing can be made of; a method that answers nothing cannot answer nonsense. */
export const faults = fc.constantFrom(
  ...METHODS.flatMap((method) =>
    FAULTS.filter(
      (fault) => fault !== 'nonsense' || ['checkCompat', 'observe', 'persist', 'open'].includes(method),
    ).map((fault): [Method, Fault] => [method, fault]),
  ),
)
export const broken: fc.Arbitrary<Broken> = fc.record({
  method: fc.constantFrom(...BROKEN_AT),
  fault: fc.constantFrom(...LASTING),
})
export const kind = fc.constantFrom(undefined, ...KINDS)

export function rarely<T>(seldom: T | fc.Arbitrary<T>, mostly: T): fc.Arbitrary<T> {
  const unusual = fc.option(fc.constant(true), { freq: 5, nil: undefined })
  const value = isArbitrary(seldom) ? seldom : fc.constant(seldom)
  return fc.tuple(unusual, value).map(([ordinary, rare]) => (ordinary === true ? mostly : rare))
}

function isArbitrary<T>(value: T | fc.Arbitrary<T>): value is fc.Arbitrary<T> {
  return value instanceof fc.Arbitrary
}
