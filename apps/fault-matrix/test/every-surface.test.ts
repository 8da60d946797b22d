import { expect, it } from 'vitest'
import { surfaceOfFile } from '../src/matrix.js'
import { surfacesOfStrategies } from '../src/strategies.js'

const FILES = Object.keys(import.meta.glob('./surfaces/*.test.ts'))

it('every strategy that a package exports has a fault matrix', () => {
  expect([...new Set(FILES.map(surfaceOfFile))].toSorted()).toEqual(surfacesOfStrategies())
})
