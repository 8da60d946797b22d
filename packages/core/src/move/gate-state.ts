/**
 * What becomes of a write:
 *
 * - `open`: it is applied to the resource;
 * - `recording`: it is applied, and recorded for the successor;
 * - `held`: it waits, and what was recorded is kept;
 * - `closed`: it is refused.
 */
export type GateState = 'open' | 'recording' | 'held' | 'closed'

export type GateEvent = 'hold' | 'record' | 'release' | 'switch' | 'replace' | 'abandon' | 'close'

/** The next state for each state and event; `null` where the event must not happen. */
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
  // A gate may be closed in the middle of a handoff. That fails at its next `hold`, and its rollback has to work.
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

/** @throws Error where `event` must not happen in `state`: a defect in a strategy. */
export function nextState(state: GateState, event: GateEvent): GateState {
  const next = TRANSITIONS[state][event]
  if (next === null) throw new Error(`a gate that is ${state} cannot ${event}`)
  return next
}
