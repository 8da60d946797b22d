import { Slices } from '@uni/reload-core'
import { expect, it } from 'vitest'

it.each([Number.NaN, -1, '4'])('slices of %s ms, which would never end, are refused', (budgetMs) => {
  expect(() => new Slices(budgetMs as number)).toThrow('Slices budgetMs: expected a number, 0 or more, and got')
})
