import type { Breaches } from './breaches.js'
import { POSITIONS } from './circumstances.js'
import type { Stand } from './stand.js'
import type { Trace } from './trace.js'
import { turn } from './turn.js'
import { ASYNC_DISPOSE } from '../../dispose.js'

/** Closes the host, and checks that everything was closed once and nothing is left (I7, I12). */
export async function checkEnd<P, R, W>(stand: Stand<P, R, W>, breaches: Breaches): Promise<void> {
  const closing = stand.host[ASYNC_DISPOSE]()
  const { ended } = await stand.settle(closing)
  breaches.must(ended, 'I8', 'the host cannot be closed')
  if (!ended) return
  await turn()
  for (const {
    origin: { kind, position, version },
    ends,
    calledAfter,
  } of stand.recorder.given) {
    breaches.must(ends === 1, 'I7', `a ${kind} of ${position}, version ${version}, was closed ${ends} times`)
    breaches.must(
      calledAfter.length === 0,
      'I7',
      `a ${kind} of ${position}, version ${version}, was used after it was closed: ${calledAfter.join(', ')}`,
    )
  }
  const { left } = stand.told
  breaches.must(left.length === 0, 'I1', `committed() of the strategy was not told that ${left.join(', ')} went`)
  for (const { id, version, lives } of stand.plugins) {
    breaches.must(
      lives.inits <= 1 && lives.shutdowns === lives.inits,
      'I7',
      `version ${version} of ${id} was initialized ${lives.inits} times, and shut down ${lives.shutdowns} times`,
    )
    const { begun, ended } = lives.lifetimes
    breaches.must(
      begun === ended,
      'I12',
      `version ${version} of ${id} had ${begun} things to end with it, and ${ended} were ended`,
    )
  }
  breaches.must(stand.clock.pending === 0, 'I12', `${stand.clock.pending} timers are pending`)
}

/**
 * Checks the order of a rollback without a fault (O2): what was done last is undone first, resources before plugins,
 * and resources that were stopped before all others.
 */
export function checkOrder({ calls }: Trace, breaches: Breaches): void {
  const undone = [...calls.values()]
    .filter(({ site }) => site.phase === 'rollback' && !site.byUser)
    .map(({ site }) => site)
  const placesOf = (ofPlugins: boolean): number[] =>
    undone
      .filter(({ call }) => call.startsWith('plugin.') === ofPlugins)
      .map(({ position }) => (POSITIONS as readonly string[]).indexOf(position))
  for (const [places, groups] of [
    [[...new Set(placesOf(false))], 2],
    [placesOf(true), 1],
  ] as const) {
    const begun = places.filter((place, at) => place > (places[at - 1] ?? -1)).length
    breaches.must(begun <= groups, 'O2', `it is undone in the order ${places.join(', ')}`)
  }
}
