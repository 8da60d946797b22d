import { PluginHost, ReloadDispatcher, type AnyStrategy } from '@uni/reload-core'
import { FileJournal, type FileJournalOptions } from '@uni/reload-core/node'
import { describe, expect, it } from 'vitest'
import { wordHandoff } from '../fixtures/word.js'

const NO_STRATEGIES = [
  undefined,
  null,
  7,
  'word',
  {},
  [],
  Promise.resolve(wordHandoff()),
  wordHandoff,
  { ...wordHandoff(), discipline: 'Clean' },
] as unknown as AnyStrategy[]

describe('what is no strategy', () => {
  it('is refused with its place in the list', () => {
    for (const given of NO_STRATEGIES) {
      const strategies = [wordHandoff(), given]
      expect(() => new PluginHost({ strategies })).toThrow(/^PluginHost options\.strategies\[1\].*: expected /)
      expect(() => new ReloadDispatcher(strategies)).toThrow(/^ReloadDispatcher strategies\[1\].*: expected /)
    }
    expect(() => new ReloadDispatcher('word' as never)).toThrow('ReloadDispatcher strategies: expected an array')
  })
})

describe('FileJournal.open', () => {
  it('refuses what names no file, and unknown options', async () => {
    for (const file of ['', undefined, null, 7, {}] as string[])
      await expect(FileJournal.open(file)).rejects.toThrow('FileJournal file: expected a non-empty string')
    for (const takeOver of [true, 'always', null]) {
      await expect(FileJournal.open('/nowhere/journal', { takeOver } as unknown as FileJournalOptions)).rejects.toThrow(
        'FileJournal options.takeOver: expected a function',
      )
    }
    await expect(FileJournal.open('/nowhere/journal', { takeover: () => true } as FileJournalOptions)).rejects.toThrow(
      'FileJournal options: expected takeOver',
    )
  })
})
