import { expect, it } from 'vitest'
import { LoadError } from '@uni/reload-loader'

it('E1 an error says where, what is wrong, what to do, and shows the lines', () => {
  const error = new LoadError('SYNTAX', 'expected ";"', {
    plugin: 'search@2.0.0',
    place: { file: '/plugins/search.ts', line: 3, column: 5 },
    frame: '  3 | let a b',
    hint: 'Mend the file.',
  })
  expect(error.message).toBe(
    'SYNTAX (plugin "search@2.0.0", /plugins/search.ts:3:5): expected ";". Mend the file.\n\n  3 | let a b',
  )
  expect(error).toMatchObject({ code: 'SYNTAX', file: '/plugins/search.ts', line: 3, column: 5 })
})

it('E1 an error of no place says what is wrong', () => {
  expect(new LoadError('STORE', 'it is full.').message).toBe('STORE: it is full.')
})

it('E1 a file without a line stands alone', () => {
  expect(new LoadError('NOT_FOUND', 'nothing is there', { place: { file: '/a' } }).message).toBe(
    'NOT_FOUND (/a): nothing is there.',
  )
})

it('E1 an error keeps its cause, and is recognised by its brand', () => {
  const cause = new Error('inner')
  expect(new LoadError('THREW', 'it threw', { cause }).cause).toBe(cause)
  expect('cause' in new LoadError('THREW', 'it threw')).toBe(false)
  expect(LoadError.is(new LoadError('THREW', 'it threw'))).toBe(true)
  expect(LoadError.is(cause)).toBe(false)
  const unwilling = new Proxy({}, { has: () => { throw cause } }) // prettier-ignore
  expect(LoadError.is(unwilling)).toBe(false)
})
