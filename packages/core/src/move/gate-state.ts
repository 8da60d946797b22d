/**
 * - `open` writes are applied to the resource;
 * - `recording` applied, and recorded for the resource's successor;
 * - `held` they wait, and what was recorded is kept;
 * - `closed` they are refused.
 */
export type GateState = 'open' | 'recording' | 'held' | 'closed'

export type GateEvent = 'hold' | 'record' | 'release' | 'switch' | 'replace' | 'abandon' | 'close'

/** Every state and event; `null` is a move that must not happen. */
const TRANSITIONS: Record<GateState, Record<GateEvent, GateState | null>> = {
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
  // Its owner may close a gate in the middle of a handoff, which then fails at its next hold and has to be undone.
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

/** @throws Error where the move is illegal: a defect in a strategy. */
export function nextState(state: GateState, event: GateEvent): GateState {
  const next = TRANSITIONS[state][event]
  if (next === null) throw new Error(`a gate that is ${state} cannot ${event}`)
  return next
}
