import { Field, Int32, Int64, Struct } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { money } from './fixtures.js'
import { verdictOn } from './judge.js'
import { fromLiteral, text, check, migrate } from './strategy-fixtures.js'

const withChild = (nullable: boolean): Struct => new Struct([new Field('cents', new Int64(), nullable)])

const withChildren = (prefix: string): Struct =>
  new Struct(Array.from({ length: 10 }, (_, index) => new Field(`${prefix}${index}`, new Int32())))

describe('an unchanged contract (L1, L5, L6)', () => {
  test('is compatible', async () => {
    expect(await verdictOn(money(), money())).toEqual({ level: 'compatible' })
  })

  test('without samples is unjudged, whatever the new version says of itself (L9)', async () => {
    const unjudged = {
      level: 'unjudged',
      reason:
        'the old version has no samples that it displays itself: only the contract was compared. Give the type samples()',
    }
    expect(await verdictOn(text(), text())).toEqual(unjudged)
    expect(await verdictOn(text(), text(check(() => ({ level: 'compatible' }))))).toEqual(unjudged)
    expect(await verdictOn(text(), text(check(migrate)))).toEqual(migrate())
    expect(
      await verdictOn(money(), money(check(() => ({ level: 'unjudged', reason: 'of negative amounts' })))),
    ).toEqual({ level: 'unjudged', reason: 'of negative amounts' })
  })

  test('may learn new literals', async () => {
    const next = money({
      fromLiteral: (text) => fromLiteral(text.endsWith('.5') ? `${text}0` : text),
      samples: () => ['1.5'],
    })
    expect(await verdictOn(money(), next)).toEqual({ level: 'compatible' })
  })
})

describe('a changed contract (L1)', () => {
  test('is refused with each difference, path by path', async () => {
    const verdict = await verdictOn(
      money({ arrowType: withChild(true), encodingVersion: '1' }),
      money({ arrowType: withChild(false), encodingVersion: '2' }),
    )
    expect(verdict).toEqual({
      level: 'incompatible',
      reason: 'the contract changed: storage.children[0].nullable: true → false; encodingVersion: "1" → "2"',
      details: [
        { path: 'storage.children[0].nullable', old: true, new: false },
        { path: 'encodingVersion', old: '1', new: '2' },
      ],
    })
  })

  test('is refused although compatCheck calls it compatible (L7)', async () => {
    const verdict = await verdictOn(
      money(),
      money({ arrowType: new Int32(), compatCheck: () => ({ level: 'compatible' }) }),
    )
    expect(verdict).toMatchObject({ level: 'incompatible', details: [{ path: 'storage.bitWidth', old: 64, new: 32 }] })
  })

  test('of many differences names the first and counts the rest', async () => {
    const verdict = await verdictOn(money({ arrowType: withChildren('a') }), money({ arrowType: withChildren('b') }))
    expect(verdict).toMatchObject({
      reason: expect.stringMatching(/children\[7\]\.name: "a7" → "b7"; and 2 more$/),
      details: { length: 10 },
    })
  })
})
