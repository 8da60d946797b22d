import { describe, expect, it } from 'vitest'
import { RacingHost, settled } from './racing-host.js'

const FIRSTS: Record<string, (racing: RacingHost) => Promise<unknown>> = {
  reload: (racing) => racing.reload('2.0.0'),
  'exclusive reload': (racing) => racing.reload('2.0.0', { cutover: 'exclusive' }),
  'reload that fails': (racing) => racing.reload('2.0.0', { breaks: true }),
  'exclusive reload that fails': (racing) => racing.reload('2.0.0', { breaks: true, cutover: 'exclusive' }),
  'dry run': (racing) => racing.reload('2.0.0', { dryRun: true }),
  remove: (racing) => racing.remove(),
  attach: (racing) => racing.attach('first'),
  'way back': (racing) => racing.endPeriod(),
  'end of a period': (racing) => racing.endPeriod(),
}

const OTHERS: Record<string, (racing: RacingHost) => Promise<unknown>> = {
  attach: (racing) => racing.attach('late'),
  detach: (racing) => racing.detach(),
  write: (racing) => racing.write(1),
  capture: (racing) => racing.read(),
  reload: (racing) => racing.reload('3.0.0'),
  remove: (racing) => racing.remove(),
  close: (racing) => racing.close(),
  abort: (racing) => racing.abort(),
  'make permanent': (racing) => racing.makePermanent(),
}

/** What is begun when the last reload can still be taken back, and how it does. */
const BAKES: Readonly<Record<string, 'well' | 'badly'>> = { 'way back': 'badly', 'end of a period': 'well' }

/** Where the first one lets the event loop turn it does not end before; by then it has long been under way. */
const MOST_TURNS = 60
const PAIRS = Object.keys(FIRSTS).flatMap((first) => Object.keys(OTHERS).map((second) => [first, second] as const))

describe('two at a time', () => {
  it.each(PAIRS)(
    'I3 I7 %s and %s, begun in any turn of it: nothing is left open or half done',
    async (first, second) => {
      for (let turns = 0, over = false; !over && turns < MOST_TURNS; turns += 1) {
        const racing = await RacingHost.open(BAKES[first])
        let ended = false
        const one = settled(FIRSTS[first]?.(racing) ?? Promise.resolve()).finally(() => {
          ended = true
        })
        for (let at = 0; at < turns; at += 1) await Promise.resolve()
        const two = settled(OTHERS[second]?.(racing) ?? Promise.resolve())
        const where = `${second} after ${turns} turns`
        over = ended
        const outcomes = [await one, await two]
        const ignored = racing.ignoredAbort(outcomes[0] ?? '')
        const found = racing.lookAround()
        await racing.close()
        expect({ where, outcomes, ignored, ...found, ...racing.leftBehind() }).toEqual({
          where,
          outcomes,
          ignored: [],
          astray: [],
          entries: found.entries === undefined ? undefined : racing.written,
          open: [],
          unbalanced: [],
          plugins: [],
          resources: [],
        })
      }
    },
  )
})
