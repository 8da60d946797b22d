import { describe, expect, it } from 'vitest'
import { describeWithCauses, looksTaken } from '../../src/dispatch/causes.js'

const caused = (message: string, cause: unknown): Error => new Error(message, { cause })

describe('what is said of an error', () => {
  it.each<[string, unknown, string]>([
    ['alone', new Error('no disk'), 'no disk'],
    [
      'with its causes',
      caused('Database failed to open', caused('IO error', 'lock held')),
      'Database failed to open: IO error: lock held',
    ],
    [
      'with a cause whose text it has already',
      caused('open failed: no disk', new Error('no disk')),
      'open failed: no disk',
    ],
    [
      'with the first of several',
      new AggregateError([new Error('connect ECONNREFUSED'), new Error('other')], 'all failed'),
      'all failed: connect ECONNREFUSED',
    ],
    ['without a cause that is null', caused('no disk', null), 'no disk'],
    ['that is no error', undefined, 'a thrown undefined: undefined'],
    [
      'that cannot be looked at',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('no')
          },
          getPrototypeOf: () => {
            throw new Error('no')
          },
        },
      ),
      'a thrown object that has no text',
    ],
  ])('S3 %s', (_, thrown, text) => {
    expect(describeWithCauses(thrown)).toBe(text)
  })

  it('I8 ends where an error is its own cause', () => {
    const round = new Error('round')
    round.cause = caused('and', round)
    expect(describeWithCauses(round)).toBe('round: and')
    let deep = new Error('0')
    for (let at = 1; at < 100; at += 1) deep = caused(`error ${at};`, deep)
    expect(describeWithCauses(deep)).toBe('error 99;: error 98;: error 97;: error 96;: error 95;')
  })
})

describe('what looks as if somebody else held it', () => {
  const coded = (code: string): Error => Object.assign(new Error('failed'), { code })

  it.each<[string, unknown]>([
    ['a lock of LevelDB', caused('Database failed to open', coded('LEVEL_LOCKED'))],
    ['a port', coded('EADDRINUSE')],
    ['SQLite', new Error('database is locked')],
    ['a lock by hand', new Error('the directory is in use by process 17')],
    ['flock', new Error('Resource temporarily unavailable')],
  ])('%s', (_, thrown) => {
    expect(looksTaken(thrown)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['a disk', coded('ENOSPC')],
    ['a version', new Error('the format is of version 2, and 1 was expected')],
    ['a block', new Error('block 17 is corrupt')],
    ['nothing', undefined],
  ])('and what does not: %s', (_, thrown) => {
    expect(looksTaken(thrown)).toBe(false)
  })
})
