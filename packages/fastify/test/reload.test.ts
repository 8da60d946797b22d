import { expect, it } from 'vitest'
import { Client, listening } from './fixtures/listening.js'
import { state, visits } from './fixtures/visits.js'

it('F1 F3 F5: requests go to the version that serves, counts stay, and no WebSocket is closed', async () => {
  const { app, url } = await listening({ plugins: [{ id: 'visits', plugin: visits('v1') }], state })
  const visit = async (): Promise<unknown> => (await fetch(`${url}/home`, { method: 'POST' })).json()
  const client = await Client.connect(`${url}/chat`)
  expect([await visit(), await client.ask('hello')]).toEqual([{ version: 'v1', visits: 1 }, 'v1 hello'])
  const { finalized } = await app.reload('visits', visits('v2'))
  expect(await finalized).toMatchObject({ status: 'finalized', errors: [] })
  expect([await visit(), await client.ask('again')]).toEqual([{ version: 'v2', visits: 2 }, 'v2 again'])
  await expect(app.reload('visits', async () => Promise.reject(new Error('no database')))).rejects.toThrow(
    'no database',
  )
  expect([await visit(), await client.ask('still')]).toEqual([{ version: 'v2', visits: 3 }, 'v2 still'])
  expect(client.socket.readyState).toBe(client.socket.OPEN)
})
