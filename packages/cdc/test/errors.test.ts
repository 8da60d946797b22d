import { ReloadError } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { CdcError } from '../src/index.js'

describe('CdcError', () => {
  it('is recognised by its brand, and says that trying again is no use', () => {
    const error = new CdcError('CHECKPOINT', 'no')
    expect(CdcError.is(error)).toBe(true)
    expect(CdcError.is(new Error('no'))).toBe(false)
    expect(CdcError.is(null)).toBe(false)
    expect(error.retryable).toBe(false)
    expect(ReloadError.is(error)).toBe(false)
  })
})
