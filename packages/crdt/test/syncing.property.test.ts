import { fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { seeded } from '../src/testing/random.js'
import { HostedBoard } from './fixtures/hosted-board.js'
import { libraries, type Replica } from './fixtures/libraries/index.js'

type Action =
  /** A replica edits, and what it made is on its way to the host. */
  | { readonly type: 'edit'; readonly who: number }
  /** One of the operations on their way arrives, whichever. */
  | { readonly type: 'arrive'; readonly which: number }
  /** One that has arrived arrives again. */
  | { readonly type: 'repeat'; readonly which: number }
  /** A replica gets what the host has. */
  | { readonly type: 'catch-up'; readonly who: number }
  /** A reload begins, or the one that has begun ends. */
  | { readonly type: 'reload'; readonly commit: boolean }

const who = fc.nat(2)
const which = fc.nat()
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ type: fc.constant('edit' as const), who }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant('arrive' as const), which }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('repeat' as const), which }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('catch-up' as const), who }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('reload' as const), commit: fc.boolean() }) },
  ),
  { minLength: 40, maxLength: 100, size: 'max' },
)

describe.each(libraries)('I3 I4 X8 replicas of a board in $name', (library) => {
  it('go on syncing while it is reloaded, and end up with what they made, each edit once', async () => {
    await fc.assert(
      fc.asyncProperty(actions, fc.nat(), async (script, seed) => {
        const random = seeded(seed)
        await using board = await HostedBoard.of(library, { direction: 'full', sampleLimit: 0 })
        const replicas = [1, 2, 3].map((id) => library.replica(id))
        // Knows no host: it gets each edit from whoever made it, in the order in which they were made.
        const model = library.replica(4)
        const underWay: Uint8Array[] = []
        const arrived: Uint8Array[] = []
        const acknowledged: Promise<void>[] = []
        const arrive = (at: number): void => {
          const [op] = underWay.splice(at % underWay.length, 1)
          if (op === undefined) return
          arrived.push(op)
          acknowledged.push(board.write(op))
        }
        for (const action of script) {
          switch (action.type) {
            case 'edit': {
              const op = (replicas[action.who] as Replica).edit(random)
              model.receive(op)
              underWay.push(op)
              break
            }
            case 'arrive':
              arrive(action.which)
              break
            case 'repeat': {
              const op = arrived[action.which % arrived.length]
              if (op) acknowledged.push(board.write(op))
              break
            }
            case 'catch-up': {
              await board.use((state) => replicas[action.who]?.catchUp(state))
              break
            }
            case 'reload': {
              if (!board.reloading) await board.begin()
              else if (action.commit) await board.finish()
              else expect(await board.abort()).toMatchObject({ code: 'ABORTED' })
            }
          }
        }
        while (underWay.length > 0) arrive(0)
        if (board.reloading) await board.finish()
        await Promise.all(acknowledged)

        const value = model.value()
        expect(await board.use((state) => state.value())).toEqual(value)
        for (const replica of replicas) {
          await board.use((state) => replica.catchUp(state))
          expect(replica.value()).toEqual(value)
        }
      }),
      { numRuns: 8 },
    )
  })
})
