import { expect, it, vi } from 'vitest'
import { documentOf, fox } from './search-plugins.js'

it('the example of the README runs as it is printed', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    const { change, query } = await import('./readme-program.js')
    expect(log.mock.calls).toEqual([[expect.any(Number), expect.any(Number), 'finalized']])
    await change(documentOf('b', 'another fox'))
    expect((await query(fox)).numRows).toBe(2)
  } finally {
    log.mockRestore()
  }
})
