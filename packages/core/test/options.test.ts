import { checkOptions, option, readMembers, type OptionChecks } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'

interface Retry {
  readonly attempts?: number
  readonly every?: Partial<Record<'fast' | 'slow', number>>
  done?(): string
}
interface Named {
  readonly name: string
}

const RETRY: OptionChecks<Retry> = {
  attempts: option.count(1),
  every: option.object<NonNullable<Retry['every']>>({ fast: option.from(0), slow: option.positive }),
  done: option.function,
}
const NAMED: OptionChecks<Named> = { name: option.required(option.text) }

const check = (given: unknown): Retry => checkOptions(given as Retry, 'Pump options', RETRY)

describe('options', () => {
  it.each<[unknown, new (message: string) => Error, string]>([
    [{ attempts: Number.NaN }, RangeError, 'Pump options.attempts: expected a whole number, 1 or more, and got NaN'],
    [{ attempts: 0.5 }, RangeError, 'Pump options.attempts: expected a whole number, 1 or more, and got 0.5'],
    [{ attempts: '3' }, TypeError, 'Pump options.attempts: expected a whole number, 1 or more, and got "3"'],
    [{ attempts: 3n }, TypeError, 'Pump options.attempts: expected a whole number, 1 or more, and got 3n'],
    [{ attempts: null }, TypeError, 'Pump options.attempts: expected a whole number, 1 or more, and got null'],
    [{ every: { slow: 0 } }, RangeError, 'Pump options.every.slow: expected a number above 0, and got 0'],
    [{ every: { slo: 1 } }, TypeError, 'Pump options.every: expected fast, slow, and got the unknown "slo"'],
    [{ every: 5 }, RangeError, 'Pump options.every: expected an object, and got 5'],
    [{ done: 'yes' }, TypeError, 'Pump options.done: expected a function, and got "yes"'],
    [{ attempt: 3 }, TypeError, 'Pump options: expected attempts, every, done, and got the unknown "attempt"'],
    [{ constructor: 3 }, TypeError, 'Pump options: expected attempts, every, done, and got the unknown "constructor"'],
    [null, TypeError, 'Pump options: expected an object, and got null'],
    ['attempts', TypeError, 'Pump options: expected an object, and got "attempts"'],
    [{ attempts: 'x'.repeat(1e6) }, TypeError, `and got "${'x'.repeat(40)}"…`],
  ])('V2 %o are refused: %o %s', (given, sort, message) => {
    expect(() => check(given)).toThrow(sort)
    expect(() => check(given)).toThrow(message)
  })

  it('are read once, and not seen again however they change', () => {
    let reads = 0
    const given = {
      get attempts() {
        reads += 1
        return reads
      },
      every: { fast: 1 },
    }
    const options = check(given)
    given.every.fast = Number.NaN
    expect([options.attempts, options.attempts, options.every, reads]).toEqual([1, 1, { fast: 1 }, 1])
    expect(() => {
      ;(options as { attempts: number }).attempts = 2
    }).toThrow(TypeError)
  })

  it('that are undefined count as not given, unless they are required', () => {
    expect(Object.keys(check({ attempts: undefined }))).toEqual([])
    expect(check(undefined)).toEqual({})
    expect(() => checkOptions({ name: undefined } as unknown as Named, 'attach options', NAMED)).toThrow(
      'attach options.name: expected a non-empty string, and got undefined',
    )
  })

  it('functions are called on the object they came with', () => {
    class Own implements Retry {
      readonly #said = 'done'
      done(): string {
        return this.#said
      }
    }
    expect(check(new Own()).done?.()).toBe('done')
    const given = {
      said: 1,
      done() {
        return String(this.said)
      },
    }
    expect(readMembers<Retry>(given, 'strategy', RETRY).done?.()).toBe('1')
  })

  it('of a class may have members of their own', () => {
    class Own {
      readonly attempts = 2
      readonly other = 3
    }
    expect(check(new Own())).toEqual({ attempts: 2 })
  })

  it('records keep whatever names they have', () => {
    const grants = option.record(option.list(option.text))
    const read = grants(JSON.parse('{"__proto__":["a"],"constructor":["b"]}'), 'grants', {})
    expect(Object.entries(read)).toEqual([
      ['__proto__', ['a']],
      ['constructor', ['b']],
    ])
    expect(() => grants({ a: 'store-admin' }, 'grants', {})).toThrow(
      'grants.a: expected an array, and got "store-admin"',
    )
    expect(() => grants({ a: ['b', ''] }, 'grants', {})).toThrow('grants.a[1]: expected a non-empty string, and got ""')
  })
})
