import { expect, it, vi } from 'vitest'
import type * as Replicate from '../readme/replicate.mjs'
import { execute, type Server } from '../support/server.js'

type Example = typeof Replicate

export function readme(server: () => Server, load: () => Promise<Example>): void {
  it('R1 R4 X1 the example of the README replicates what was there, and what is committed, over a reload', async () => {
    const [source, target] = [await server().database(), await server().database()]
    await execute(source, 'CREATE TABLE orders (id integer PRIMARY KEY, total numeric)')
    await execute(source, 'CREATE PUBLICATION orders FOR TABLE orders', "INSERT INTO orders VALUES (1, '19.90')")
    vi.stubEnv('SOURCE_URL', source)
    vi.stubEnv('TARGET_URL', target)
    const { caughtUp, deploy, stop } = await load()
    try {
      await execute(source, "INSERT INTO orders VALUES (2, '5.00')")
      await caughtUp()
      await deploy('2.0.0')
      await execute(source, 'DELETE FROM orders WHERE id = 1')
      await caughtUp()
    } finally {
      await stop()
      vi.unstubAllEnvs()
    }
    expect(await execute(target, 'SELECT version, op, data FROM audit')).toEqual([
      { version: '1.0.0', op: 'truncate', data: null },
      { version: '1.0.0', op: 'insert', data: { id: 1, total: '19.90' } },
      { version: '1.0.0', op: 'insert', data: { id: 2, total: '5.00' } },
      { version: '2.0.0', op: 'delete', data: { id: 1 } },
    ])
  })
}
