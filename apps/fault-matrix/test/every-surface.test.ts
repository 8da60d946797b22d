import { MemoryCommitLog } from '@uni/reload-cdc'
import { expect, it } from 'vitest'
import { strategies } from '../../example-host/src/host/strategies.js'
import { surfaceOfFile } from '../src/matrix.js'
import { surfacesOfStrategies } from '../src/strategies.js'

const FILES = Object.keys(import.meta.glob('./surfaces/*.test.ts'))

it('every strategy that a package exports has a fault matrix', () => {
  expect([...new Set(FILES.map(surfaceOfFile))].toSorted()).toEqual(surfacesOfStrategies())
})

it('and is among those of the example host', () => {
  const made = strategies(new MemoryCommitLog())
  expect(made.map(({ surface }) => surface.id).toSorted()).toEqual(surfacesOfStrategies())
})
