import { describeThrown, ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'

const parsed = (error: ReloadError): Record<string, unknown> =>
  JSON.parse(JSON.stringify(error)) as Record<string, unknown>

describe('the message of a ReloadError', () => {
  it('S5 is bounded, however long what plugins say is, and says how much was left out', () => {
    const long = 'x'.repeat(2_000_000)
    const { message } = new ReloadError('HANDOFF', long, {
      plugin: long,
      surface: long,
      key: long,
      resource: long,
      step: long,
      hint: 'Mend it.',
    })
    expect(message.length).toBeLessThan(4000)
    expect(message).toMatch(
      /^HANDOFF \(plugin "x{200}… \(1999800 more characters\)", .*: x{2000}… \(1998000 more characters\)\. Mend it\.$/,
    )
    expect(describeThrown(new Error(long)).length).toBeLessThan(2050)
    expect(describeThrown(long).length).toBeLessThan(2050)
    expect(new ReloadError('HANDOFF', describeThrown(long)).message.match(/more characters/g)).toHaveLength(1)
  })

  it('S5 is one line, in which nothing is hidden', () => {
    const { message } = new ReloadError('HANDOFF', 'a\r\nERROR forged\u001b[2J\u202e\ud800', {
      plugin: 'a\tb',
      key: 'k\u0000',
      surface: 's',
    })
    expect(message).toBe(String.raw`HANDOFF (plugin "a\tb", s "k\u0000"): a\r\nERROR forged\u001b[2J\u202e\ud800.`)
    expect(new ReloadError('HANDOFF', 'café 👩‍🚀 データ').message).toBe('HANDOFF: café 👩‍🚀 データ.')
  })

  it('ends what was said with one full stop, in no more time than its length takes', () => {
    expect(new ReloadError('HANDOFF', 'no disk. \n').message).toBe('HANDOFF: no disk.')
    const { message } = new ReloadError('HANDOFF', `${'. '.repeat(1_000_000)}x`)
    expect(message.length).toBeLessThan(2100)
  })
})

describe('a ReloadError as JSON', () => {
  it('S3 S5 has its message, its place and what to do about it, and the text of what caused it', () => {
    const error = new ReloadError('HANDOFF', 'no disk', {
      phase: 'prepare',
      step: 'open',
      plugin: 'a@1.0.0',
      surface: 's',
      key: 'k',
      resource: 'r',
      side: 'old',
      hint: 'Mend it.',
      cause: new Error('ENOSPC'),
      details: { free: 0n },
    })
    error.rollbackErrors.push(new Error('not closed'), undefined)
    expect(parsed(error)).toEqual({
      name: 'ReloadError',
      code: 'HANDOFF',
      message: error.message,
      phase: 'prepare',
      step: 'open',
      plugin: 'a@1.0.0',
      surface: 's',
      key: 'k',
      resource: 'r',
      side: 'old',
      hint: 'Mend it.',
      retryable: false,
      details: { free: '0' },
      cause: 'ENOSPC',
      rollbackErrors: ['not closed', 'a thrown undefined: undefined'],
    })
    expect(parsed(new ReloadError('HOST_CLOSED', 'closed', { cause: undefined }))).toEqual({
      name: 'ReloadError',
      code: 'HOST_CLOSED',
      message: 'HOST_CLOSED: closed.',
      retryable: false,
      cause: 'a thrown undefined: undefined',
    })
  })

  it('S3 never throws, calls no toJSON, and is bounded, whatever is in the details', () => {
    const circular: Record<string, unknown> = { name: 'a' }
    circular.self = circular
    let called = false
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const details = {
      circular,
      proxy,
      list: [undefined, Symbol('s'), () => {}, Number.NaN, 1.5],
      map: new Map([['k', new Set([1n])]]),
      bytes: new Uint8Array(3),
      date: new Date(0),
      wrong: new Date(Number.NaN),
      error: new TypeError('wrong'),
      own: {
        toJSON() {
          called = true
          throw new Error('no')
        },
      },
      get broken() {
        throw new Error('no')
      },
    }
    expect(parsed(new ReloadError('HANDOFF', 'no', { details })).details).toEqual({
      circular: { name: 'a', self: '…' },
      proxy: '[unreadable]',
      list: ['undefined', 'Symbol(s)', '[function]', 'NaN', 1.5],
      map: [['k', ['1']]],
      bytes: '[3 bytes]',
      date: '1970-01-01T00:00:00.000Z',
      wrong: '[unreadable]',
      error: 'TypeError: wrong',
      own: { toJSON: '[function]' },
      broken: '[unreadable]',
    })
    expect(called).toBe(false)
    const nested = (depth: number): unknown => (depth === 0 ? 'deep' : { in: nested(depth - 1) })
    for (const huge of [
      Array.from({ length: 1e6 }, (_item, at) => at),
      new Map(Array.from({ length: 1e5 }, (_item, at) => [at, 'x'.repeat(1e3)])),
      nested(1e3),
      Object.assign([], { length: 1e9 }),
    ]) {
      expect(JSON.stringify(new ReloadError('HANDOFF', 'no', { details: huge })).length).toBeLessThan(300_000)
    }
  })

  it('S3 is bounded also where much failed', () => {
    const error = new ReloadError('HANDOFF', 'no', { cause: 'x'.repeat(1e6) })
    for (let at = 0; at < 1000; at += 1) error.rollbackErrors.push('y'.repeat(1e4))
    expect(JSON.stringify(error).length).toBeLessThan(60_000)
  })
})
