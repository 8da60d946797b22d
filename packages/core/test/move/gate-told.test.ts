import { describe, expect, it } from 'vitest'
import { failureOf } from '../fixtures/deferred.js'
import { gateOf } from '../fixtures/store-gate.js'

const saying = (text: string): string => expect.stringContaining(text) as string
const place = { surface: 'pre-copy-store', resource: 'only' }

describe('what writers are told', () => {
  it('I10 of a write past its deadline: that its outcome is unknown, and how long work is refused', async () => {
    const { gate, clock, slowWrite } = gateOf({ writeTimeoutMs: 50 })
    const slow = slowWrite()
    const failure = failureOf(gate.write(1))
    clock.advance(50)
    const told = await failure
    expect(told).toMatchObject({ ...place, code: 'STEP_TIMEOUT', message: saying('its outcome is unknown'), hint: saying('refused until it settles') })
    expect(told).not.toHaveProperty('cause')
    slow.resolve()
  })

  it('I10 of a resource that has left: that it was detached', async () => {
    const { gate } = gateOf()
    await gate.close()
    const told = await failureOf(gate.write(1))
    expect(told).toMatchObject({ ...place, code: 'RESOURCE_CLOSED', message: saying('was detached'), hint: saying('Attach it again') })
    expect(told).not.toHaveProperty('cause')
  })

  it('I10 of a halted resource: why it could not be started, and that its checkpoint is kept', async () => {
    const { gate } = gateOf()
    await gate.hold()
    const cause = new Error('no port')
    gate.halt({ checkpoint: 'here', cause, restart: () => Promise.reject(cause), discard: () => Promise.resolve() })
    gate.release()
    expect(await failureOf(gate.write(1))).toMatchObject({
      ...place, code: 'RESOURCE_HALTED', message: saying('could not be started again: no port'), hint: saying('checkpoint is kept'), cause,
    })
  })
})
