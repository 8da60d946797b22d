import { rename, rm } from 'node:fs/promises'
import { ManualClock } from '@uni/reload-core/testing'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { PluginFolder } from '../fixtures/plugin-folder.js'
import { saying, Watching } from '../fixtures/watching.js'

/** What is in the files of the plugin. Each content has a number of its own. */
interface Content {
  readonly index: { readonly is: 'good' | 'throws in init'; readonly number: number } | undefined
  readonly word: { readonly is: 'good' | 'broken'; readonly number: number } | undefined
}

const OPERATIONS = [
  'write the word',
  'save the word by rename',
  'break the word',
  'remove the word',
  'remove its folder',
  'write the index',
  'break init',
  'remove the index',
  'put another folder in its place',
  'wait',
] as const
type Operation = (typeof OPERATIONS)[number]

const textOf = {
  index: ({ is, number }: NonNullable<Content['index']>): string =>
    saying(`'${number}/' + word`, {
      imports: "import { word } from './lib/word.js'",
      more: is === 'good' ? '' : `init() { throw new Error('init ${number}') },`,
    }),
  word: ({ is, number }: NonNullable<Content['word']>): string =>
    is === 'good' ? `export const word: number = ${number}` : `export const word = = 'word ${number}'`,
}

/** Does it to the files, and says what is in them then. */
async function operate(operation: Operation, number: number, now: Content, folder: PluginFolder): Promise<Content> {
  const good = { is: 'good', number } as const
  const [index, word] = ['plugin/index.ts', 'plugin/lib/word.ts']
  switch (operation) {
    case 'write the word':
      await folder.write({ [word]: textOf.word(good) })
      return { ...now, word: good }
    case 'save the word by rename':
      await folder.write({ [`${word}~`]: textOf.word(good) })
      await rename(folder.at(`${word}~`), folder.at(word))
      return { ...now, word: good }
    case 'break the word':
      await folder.write({ [word]: textOf.word({ is: 'broken', number }) })
      return { ...now, word: { is: 'broken', number } }
    case 'remove the word':
      await rm(folder.at(word), { force: true })
      return { ...now, word: undefined }
    case 'remove its folder':
      await rm(folder.at('plugin/lib'), { recursive: true, force: true })
      return { ...now, word: undefined }
    case 'write the index':
      await folder.write({ [index]: textOf.index(good) })
      return { ...now, index: good }
    case 'break init':
      await folder.write({ [index]: textOf.index({ is: 'throws in init', number }) })
      return { ...now, index: { is: 'throws in init', number } }
    case 'remove the index':
      await rm(folder.at(index), { force: true })
      return { ...now, index: undefined }
    case 'put another folder in its place':
      await folder.write({ 'next/index.ts': textOf.index(good), 'next/lib/word.ts': textOf.word(good) })
      await rename(folder.at('plugin'), folder.at(`old-${number}`))
      await rename(folder.at('next'), folder.at('plugin'))
      return { index: good, word: good }
    case 'wait':
      return now
  }
}

/** Whether what was told last, and what serves, is what is in the files. */
function isTold({ index, word }: Content, watching: Watching): boolean {
  const last = watching.events.findLast(({ type }) => ['added', 'reloaded', 'unchanged', 'failed'].includes(type))
  if (index?.is === 'good' && word?.is === 'good') {
    return last?.type !== 'failed' && watching.says === `${index.number}/${word.number}`
  }
  if (last?.type !== 'failed') return false
  const said = String(last.error)
  if (index === undefined) return said.includes('NOT_FOUND')
  if (word === undefined) return said.includes('MISSING_MODULE')
  if (word.is === 'broken') return said.includes(`word ${word.number}`)
  return said.includes(`init ${index.number}`) && last.step !== 'load'
}

it('W1 W3 W6 whatever is done to the files, what is in them at last serves, or why not was told', async () => {
  const operations = fc.array(fc.constantFrom(...OPERATIONS), { minLength: 1, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(operations, fc.boolean(), async (list, dryRun) => {
      const first = { is: 'good', number: 0 } as const
      await using folder = await PluginFolder.of({
        'plugin/index.ts': textOf.index(first),
        'plugin/lib/word.ts': textOf.word(first),
      })
      const clock = new ManualClock()
      await using watching = new Watching(folder.at('plugin'), { clock, dryRun })
      let now: Content = { index: first, word: first }
      let number = 0
      for (const operation of [...list, 'wait'] as const) {
        number += 1
        now = await operate(operation, number, now, folder)
        if (operation !== 'wait') continue
        // Where it is never told, the test ends at its deadline.
        while (!isTold(now, watching)) await watching.pass(clock)
      }
      await watching.calm(clock)
      expect(isTold(now, watching)).toBe(true)
      expect(clock.pending).toBe(0)
    }),
    { numRuns: 25 },
  )
})
