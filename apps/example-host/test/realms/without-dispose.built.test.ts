import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

it('core runs where Symbol has neither dispose nor asyncDispose, and changes no global', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'without-dispose.mjs')])
  expect(JSON.parse(stdout)).toEqual({
    before: '1.0.0',
    after: '2.0.0',
    ran: '2.0.0',
    status: 'finalized',
    closed: ['1.0.0', '2.0.0'],
    keys: [true, true],
    added: [],
  })
})
