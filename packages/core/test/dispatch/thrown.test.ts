import { ReloadError, describeThrown } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { failureOf } from '../fixtures/deferred.js'
import { scriptedStrategy } from '../fixtures/scripted.js'
import { scriptedScene } from '../fixtures/scripted-scene.js'

describe('what a plugin throws', () => {
  const textless = {
    toString() {
      throw new Error('no text')
    },
  }
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf() {
        throw new Error('hostile')
      },
    },
  )
  const silent = new Proxy(
    {},
    {
      has() {
        throw new Error('hostile')
      },
    },
  )
  const odd = Object.assign(new Error('x'), { message: { not: 'a string' } })

  it.each<[string, unknown, string]>([
    ['a string', 'plain text', 'plain text'],
    ['undefined', undefined, 'a thrown undefined: undefined'],
    ['null', null, 'a thrown object: null'],
    ['a number', 7, 'a thrown number: 7'],
    ['a symbol', Symbol('s'), 'a thrown symbol: Symbol(s)'],
    ['an object without a text', textless, 'a thrown object that has no text'],
    ['an object that will not say what it has', silent, 'a thrown object: [object Object]'],
    ['an object that will not say what it is', hostile, 'a thrown object that has no text'],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['an error whose message is no text', odd, '[object Object]'],
  ])('I10 %s becomes a ReloadError that says so, with the cause kept', async (_, thrown, text) => {
    expect(describeThrown(thrown)).toBe(text)
    const { dispatch, states } = scriptedScene(
      ['a'],
      [
        scriptedStrategy([], {
          prepare: () => {
            throw thrown
          },
        }),
      ],
    )
    const error = await failureOf(dispatch())
    expect(ReloadError.is(error)).toBe(true)
    expect(error).toMatchObject({ code: 'HANDOFF', phase: 'prepare', resource: 'a' })
    expect((error as ReloadError).message).toContain(text.replace(/[.\s]+$/, ''))
    expect((error as ReloadError).cause).toBe(thrown)
    expect(states()).toEqual(['open'])
  })
})
