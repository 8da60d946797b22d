import { test as nodeTest } from 'node:test'
import { expectTypeOf, test } from 'vitest'
import { runLogicalTypeConformance, type DeclareTest, type GoldenFile } from '../../src/testing/index.js'
import { money } from '../fixtures.js'

test('the declaration of vitest, of node:test and of anything alike fits', () => {
  expectTypeOf(test).toExtend<DeclareTest>()
  expectTypeOf(nodeTest).toExtend<DeclareTest>()
  expectTypeOf((name: string, body: () => void | Promise<void>): void => {
    void name
    void body
  }).toExtend<DeclareTest>()
  const nameless = (body: () => void): void => {
    body()
  }
  // @ts-expect-error: it is given a name and a body
  expectTypeOf(nameless).toExtend<DeclareTest>()
})

test('what an author has to give', () => {
  expectTypeOf(runLogicalTypeConformance).toBeCallableWith({ test, make: () => money() })
  expectTypeOf(runLogicalTypeConformance).toBeCallableWith({
    test,
    make: () => money(),
    golden: [{ name: 'a', bytes: Buffer.of(1) }],
    knownGaps: ['contract/ipc'],
    seed: 7,
  })
  // @ts-expect-error: no provider
  runLogicalTypeConformance({ test })
  // @ts-expect-error: a version has a name
  runLogicalTypeConformance({ test, make: () => money(), capabilities: { upgradesFrom: [{ make: () => money() }] } })
  expectTypeOf<GoldenFile>().toEqualTypeOf<{ readonly name: string; readonly bytes: Uint8Array }>()
})
