import { WriteGate } from '@uni/reload-core'
import { describe, expect, it } from 'vitest'
import { nextState, type GateEvent, type GateState } from '../../src/move/gate-state.js'
import { STORES, Store, StoreProvider } from '../fixtures/store.js'

/**
 * What protocol and documentation say about each move; `null` where it must not happen. Written apart from the source's
 * table.
 */
const EXPECTED: Record<GateState, Record<GateEvent, GateState | null>> = {
  open: { hold: 'held', record: null, release: 'open', switch: null, replace: null, abandon: null, close: 'closed' },
  recording: {
    hold: 'held',
    record: null,
    release: 'open',
    switch: null,
    replace: null,
    abandon: null,
    close: 'closed',
  },
  held: {
    hold: 'held',
    record: 'recording',
    release: 'open',
    switch: 'open',
    replace: 'held',
    abandon: 'held',
    close: 'closed',
  },
  closed: {
    hold: null,
    record: 'closed',
    release: 'closed',
    switch: null,
    replace: 'closed',
    abandon: 'closed',
    close: 'closed',
  },
}
const STATES = Object.keys(EXPECTED) as GateState[]
const EVENTS = Object.keys(EXPECTED.open) as GateEvent[]
const CELLS = STATES.flatMap((state) => EVENTS.map((event) => ({ state, event, to: EXPECTED[state][event] })))

const provider = new StoreProvider('only', '1')

function gateIn(state: GateState): WriteGate<Store, number> {
  const gate = new WriteGate(STORES['pre-copy'], 'only', new Store(provider, []))
  if (state === 'held' || state === 'recording') void gate.hold()
  if (state === 'recording') gate.record()
  if (state === 'closed') void gate.close()
  return gate
}

const MOVES: Record<GateEvent, (gate: WriteGate<Store, number>) => unknown> = {
  hold: (gate) => gate.hold(),
  record: (gate) => gate.record(),
  release: (gate) => gate.release(),
  switch: (gate) => gate.switchTo(new Store(provider, [])),
  replace: (gate) => gate.replace(new Store(provider, [])),
  abandon: (gate) => gate.abandon(),
  close: (gate) => gate.close(),
}

describe('the states of a gate', () => {
  it('has a cell for every state and event', () => {
    expect(CELLS).toHaveLength(4 * 7)
  })

  it.each(CELLS.filter(({ to }) => to !== null))('I3 $state: $event leads to $to', ({ state, event, to }) => {
    const gate = gateIn(state)
    expect(gate.state).toBe(state)
    MOVES[event](gate)
    expect(gate.state).toBe(to)
    expect(nextState(state, event)).toBe(to)
  })

  it.each(CELLS.filter(({ to }) => to === null))(
    'I3 $state: $event is refused, and changes nothing',
    ({ state, event }) => {
      const gate = gateIn(state)
      const { resource } = gate
      expect(() => MOVES[event](gate)).toThrow(`a gate that is ${state} cannot ${event}`)
      expect(gate.state).toBe(state)
      expect(gate.resource).toBe(resource)
    },
  )

  it('a halt is a replacement: from a hold only', () => {
    const halt = {
      checkpoint: 7,
      cause: new Error('gone'),
      restart: () => Promise.reject<Store>(new Error('gone')),
      stop: () => {},
      discard: () => Promise.resolve(),
    }
    const halts = (state: GateState): boolean => {
      const gate = gateIn(state)
      try {
        gate.halt(halt)
      } catch {
        return false
      }
      return gate.halted === halt
    }
    for (const state of STATES) expect(halts(state)).toBe(EXPECTED[state].replace !== null)
  })
})
