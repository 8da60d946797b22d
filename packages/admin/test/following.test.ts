import { describe, expect, it } from 'vitest'
import { eventsOf, eventsUpTo } from './fixtures/event-stream.js'
import { served } from './fixtures/served.js'

describe('whoever follows', () => {
  it('A11 is told what happens, steps of handoffs together and in their place', async () => {
    const { call, post } = await served()
    const following = eventsUpTo(await call('/v1/events'), 'finalized')
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    const events = (await following).map(({ event, data }) => ({ event, data: JSON.parse(data) as object }))
    const told = events
      .filter(({ event }) => event !== 'reported')
      .map(({ event, data }) => `${event} ${'phase' in data ? String(data.phase) : ''}`.trim())
    expect(told.slice(0, 9)).toEqual([
      'phase-started validate',
      'phase-ended validate',
      'phase-started stage',
      'phase-ended stage',
      'phase-started preflight',
      'phase-ended preflight',
      'phase-started prepare',
      'steps',
      'phase-ended prepare',
    ])
    expect(events.find(({ event }) => event === 'steps')?.data).toMatchObject({
      steps: { prepare: { count: 1, failed: 0 } },
      longest: [{ resource: 'visits', step: 'prepare' }],
    })
  })

  it('A12 goes on after the last event that it has', async () => {
    const { call, post } = await served()
    const first = eventsUpTo(await call('/v1/events'), 'committed')
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    const last = (await first).at(-1)?.id
    const again = await call('/v1/events', { headers: { 'last-event-id': String(last) } })
    const further = await eventsUpTo(again, 'finalized')
    expect(further.map(({ id }) => Number(id))).toEqual(further.map((_, at) => Number(last) + 1 + at))
  })

  it('A12 is told how many it has missed, where they are no longer kept', async () => {
    const { call, post } = await served({ keptEvents: 5 })
    await post('/v1/plugins/counting/reload', { path: '2.0.0' })
    await post('/v1/plugins/counting/reload', { path: '3.0.0' })
    const stream = eventsOf(await call('/v1/events?after=1'))
    const { value: missed } = await stream.next()
    const { value: next } = await stream.next()
    expect(missed).toMatchObject({ event: 'missed' })
    expect(Number(next?.id)).toBe(1 + Number(missed?.data) + 1)
    await stream.return(undefined)
  })

  it('A13 is one of so many, and makes room when it goes', async () => {
    const { call } = await served({ maxFollowers: 1 })
    const leaving = new AbortController()
    expect((await call('/v1/events', { signal: leaving.signal })).status).toBe(200)
    expect((await call('/v1/events')).status).toBe(503)
    leaving.abort()
    await expect.poll(async () => (await call('/v1/events')).status).toBe(200)
  })
})
