import { synchronous, type HandoffStrategy, type ProviderChange } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { ToldProviders } from '../../src/testing/faults/told-providers.js'
import { word, wordHandoff, type Word } from '../fixtures/word.js'
import { runMatrix } from './fixtures/matrix-run.js'
import { wordSubject } from './fixtures/word-subject.js'

type Keys = Readonly<Record<string, Word>>

/** What is found after these tellings, each with what the host serves then. */
function foundOf(
  ...tellings: { serving: Keys; added?: Keys; replaced?: Record<string, [old: Word, next: Word]>; removed?: Keys }[]
): readonly string[] {
  let serving = new Map<string, Word>()
  const told = new ToldProviders<Word>(() => serving)
  const { committed } = told.watch(wordHandoff()) as Required<HandoffStrategy<Word>>
  for (const { serving: now, added = {}, replaced = {}, removed = {} } of tellings) {
    serving = new Map(Object.entries(now))
    committed({
      added: new Map(Object.entries(added)),
      replaced: new Map(Object.entries(replaced).map(([key, [old, next]]) => [key, { old, next }])),
      removed: new Map(Object.entries(removed)),
      closing: false,
    })
  }
  return told.found
}

describe('a strategy that is told of commits', () => {
  const [one, two] = [word('x', '1'), word('x', '2')]
  const added = { serving: { x: one }, added: { x: one } }
  const replaced = { serving: { x: two }, replaced: { x: [one, two] as [Word, Word] } }

  it('A4 as they are: nothing is found', () => {
    expect(foundOf(added, replaced, { serving: {}, removed: { x: two } })).toEqual([])
  })

  it.each<[string, Parameters<typeof foundOf>, RegExp]>([
    [
      'before it serves',
      [{ serving: {}, added: { x: one } }],
      /in a turn in which it is not so that x is served by nob/,
    ],
    ['twice', [added, added], /x is added, which serves already/],
    [
      'of a removal twice',
      [added, ...[1, 2].map(() => ({ serving: {}, removed: { x: one } }))],
      /removed which was not/,
    ],
    ['in another order', [replaced, { ...added, serving: { x: two } }], /x is replaced which was not said to serve/],
    ['of the wrong version', [added, { serving: { x: two }, replaced: { x: [one, one] } }], /in which it is not so/],
    ['of nothing', [{ serving: {} }], /of a commit that changes nothing/],
  ])('A4 %s: that is found', (_, tellings, found) => {
    expect(foundOf(...tellings).join()).toMatch(found)
  })

  it('A4 or is not told: that is found', () => {
    const told = new ToldProviders<Word>(() => new Map([['x', one]]))
    expect(told.found).toEqual(['it was not told that x is served by the provider that serves'])
  })
})

it('I10 A4 the fault matrix strikes what a strategy calls as it is told, of the old version and of the new', async () => {
  const say = (provider: Word): void => {
    const says: unknown = synchronous(provider.say(), 'say()', 'it is part of the turn of the commit')
    if (typeof says !== 'string') throw new TypeError('say() gave no text')
  }
  const calls = ({ replaced }: ProviderChange<Word>): void => {
    for (const { old, next } of replaced.values()) [old, next].forEach(say)
  }
  const only = (name: string): boolean => /commit: (old|new) provider\.say \(overlap/.test(name)
  const { names, failed, summary } = await runMatrix(wordHandoff({ committed: calls }), wordSubject, { only })
  expect(new Set(names.filter(only).map((name) => /commit: \w+/.exec(name)?.[0]))).toEqual(
    new Set(['commit: old', 'commit: new']),
  )
  expect([...failed]).toEqual([])
  expect(summary.reached).toBeGreaterThan(0)
  const silent = wordHandoff({
    committed(change) {
      try {
        calls(change)
      } catch {
        // Says nothing of it.
      }
    },
  })
  const found = await runMatrix(silent, wordSubject, { only })
  expect([...found.failed.values()].join()).toContain('I10: neither report says what failed')
})
