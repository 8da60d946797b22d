import { Int32 } from 'apache-arrow'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContractDifference, LogicalTypeProvider } from '../src/index.js'
import { remember, verdictOn } from './judge.js'

/** A version as two tables: what each literal is stored as, and what each stored number is displayed as. */
interface Tables {
  stored: Partial<Record<string, number>>
  displayed: Partial<Record<number, string>>
}

const LITERALS = ['a', 'b', '"\n', '']
const tables: fc.Arbitrary<Tables> = fc.record({
  stored: fc.dictionary(fc.constantFrom(...LITERALS), fc.integer({ min: 0, max: 3 })),
  displayed: fc.dictionary(fc.constantFrom('0', '1', '2', '3'), fc.constantFrom('x', 'y')),
})
/** Versions that agree more often than two at random. */
const pair = fc.tuple(tables, tables, fc.boolean(), fc.boolean()).map(([old, other, keepStored, keepDisplayed]) => ({
  old,
  next: { stored: keepStored ? old.stored : other.stored, displayed: keepDisplayed ? old.displayed : other.displayed },
}))

function lookUp<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('not in the table')
  return value
}

function typeOf({ stored, displayed }: Tables): LogicalTypeProvider {
  return {
    name: 'table',
    arrowType: new Int32(),
    samples: () => LITERALS,
    fromLiteral: (text) => lookUp(stored[text]),
    toDisplay: (value) => lookUp(displayed[value as number]),
  }
}

/** What has to be found, from the tables alone. */
function expected(old: Tables, next: Tables): string[] {
  const display = ({ displayed }: Tables, stored: number | undefined): string | undefined =>
    stored === undefined ? undefined : displayed[stored]
  return LITERALS.flatMap((literal) => {
    const before = old.stored[literal]
    const shown = display(old, before)
    if (shown === undefined) return []
    const path = `samples[${JSON.stringify(literal)}]`
    const after = display(next, next.stored[literal])
    return [
      after !== shown && `${path}.literal`,
      display(next, before) !== shown && `${path}.value`,
      display(next, before) !== shown && `${path}.column`,
      after !== undefined && next.stored[literal] !== before && `${path}.stored`,
    ].filter((found) => found !== false)
  })
}

describe('samples (L5, L6)', () => {
  test('find what a model of both versions finds, whether the old one serves or is remembered (L8)', async () => {
    await fc.assert(
      fc.asyncProperty(pair, fc.boolean(), async ({ old, next }, removed) => {
        const before = removed ? await remember(typeOf(old)) : typeOf(old)
        const verdict = await verdictOn(before, typeOf(next))
        const found =
          verdict.level === 'incompatible' ? (verdict.details as ContractDifference[]).map(({ path }) => path) : []
        expect(found).toEqual(expected(old, next))
      }),
      { numRuns: 300 },
    )
  })
})
