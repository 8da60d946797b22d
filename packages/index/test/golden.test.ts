import { readIndexGolden, writeIndexGolden } from '@uni/reload-index/testing'
import { describe, expect, test } from 'vitest'
import { goldenOf, KEPT } from './fixtures/kept.js'

const INDEXES = ['built', 'changed', 'empty']

describe('P17: golden files', () => {
  test.for(KEPT)('$kind $version: what is written now is what is kept', async ({ kind, version, varies, make }) => {
    const written = readIndexGolden(await writeIndexGolden(await make(), { version }))
    const kept = goldenOf(kind, version)
    expect(written.map(({ name, answers }) => ({ name, answers }))).toEqual(
      kept.map(({ name, answers }) => ({ name, answers })),
    )
    if (!varies) expect(written).toEqual(kept)
  })

  test.for(['text', 'vectors'] as const)(
    '%s: the suite of the latest version is given those of every version',
    (kind) => {
      const versions = KEPT.filter((kept) => kept.kind === kind).map(({ version }) => version)
      expect(goldenOf(kind).map(({ name }) => name)).toEqual(
        versions.flatMap((version) => INDEXES.map((index) => `${version}/${index}`)),
      )
    },
  )

  test('that are not complete are refused', () => {
    expect(() => readIndexGolden([{ name: '1.0.0/built.image', bytes: new Uint8Array(1) }])).toThrow(
      /not complete.*built\.answers\.json/,
    )
  })
})
