import { describe, expect, it } from 'vitest'
import { failureOf } from '../fixtures/deferred.js'
import { gateOf } from '../fixtures/store-gate.js'

const saying = (text: string): string => expect.stringContaining(text) as string
const place = { surface: 'pre-copy-store', resource: 'only' }

describe('what writers are told', () => {
  it('I10 of a write past its deadline: that its outcome is unknown; of those behind it: that they were not applied', async () => {
    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 50 })
    const slow = slowWrite()
    const failure = failureOf(gate.write(1))
    const behind = [failureOf(gate.write(2)), failureOf(gate.use(() => 0))]
    clock.advance(50)
    const told = await failure
    expect(told).toMatchObject({
      ...place,
      code: 'STEP_TIMEOUT',
      retryable: false,
      message: saying('its outcome is unknown'),
      hint: saying('refused with RESOURCE_STUCK'),
    })
    expect(told).not.toHaveProperty('cause')
    for (const other of [...(await Promise.all(behind)), await failureOf(gate.write(3))]) {
      expect(other).toMatchObject({
        ...place,
        code: 'RESOURCE_STUCK',
        retryable: true,
        message: saying('nothing of it was applied'),
        hint: saying('Try again later'),
      })
    }
    slow.resolve()
  })

  it('G9 I8 I10 of a call from inside a use: at once, that it would wait for itself', async () => {
    const { gate, store, clock } = gateOf()
    for (const nested of [
      () => gate.write(1),
      async () => {
        await Promise.resolve()
        await gate.use(() => 0)
      },
    ]) {
      expect(await failureOf(gate.use(nested))).toMatchObject({
        ...place,
        code: 'RESOURCE_REENTERED',
        retryable: false,
        message: saying('from inside a use of the same resource'),
        hint: saying('once use has resolved'),
      })
    }
    expect({ entries: store.entries, pending: clock.pending }).toEqual({ entries: [], pending: 0 })
  })

  it('I10 of a resource that has left: that it was detached', async () => {
    const { gate } = gateOf()
    await gate.close()
    const told = await failureOf(gate.write(1))
    expect(told).toMatchObject({
      ...place,
      code: 'RESOURCE_CLOSED',
      message: saying('was detached'),
      hint: saying('Attach it again'),
    })
    expect(told).not.toHaveProperty('cause')
  })

  it('I10 of a halted resource: why it could not be started, and that its checkpoint is kept', async () => {
    const { gate } = gateOf()
    await gate.hold()
    const cause = new Error('no port')
    gate.halt({
      checkpoint: 'here',
      cause,
      restart: () => Promise.reject(cause),
      stop: () => {},
      discard: () => Promise.resolve(),
    })
    gate.release()
    expect(await failureOf(gate.write(1))).toMatchObject({
      ...place,
      code: 'RESOURCE_HALTED',
      message: saying('could not be started again: no port'),
      hint: saying('checkpoint is kept'),
      cause,
    })
  })
})
