import { expect, it } from 'vitest'
import { surfaceOfFile } from '../src/matrix.js'
import { surfacesOfStrategies } from '../src/strategies.js'

const FILES = Object.keys(import.meta.glob('./surfaces/*.test.ts'))

// A strategy that is made for a surface of the host's own, such as that of a value in memory, has one beside these.
it('every strategy of a surface that a package exports has a fault matrix', () => {
  expect(FILES.map(surfaceOfFile)).toEqual(expect.arrayContaining(surfacesOfStrategies()))
  expect(surfacesOfStrategies()).toContain('middleware')
})
