import type { ReloadError } from '../errors.js'
import type { Drive } from './drive.js'
import type { MovingResource } from './moving-resource.js'
import type { Together } from './together.js'

const OPTIONS = { code: 'HANDOFF' } as const

/**
 * Undoes what was begun, `concurrency` resources at a time. Writers come first: the gates of all old resources that
 * serve on are let go at once, before anything is closed. Then resources are started again that were stopped, and only
 * then are the other successors closed.
 *
 * @param all in the order in which they were begun.
 * @returns what failed in the rollback, last begun first.
 */
export async function rollBack(
  all: readonly MovingResource[],
  together: Together<MovingResource>,
  drive: Drive,
): Promise<unknown[]> {
  together.close()
  const errors = new Map<MovingResource, unknown[]>()
  const note = (moving: MovingResource, error: unknown): void => {
    if (error === undefined) return
    const noted = errors.get(moving)
    if (noted === undefined) errors.set(moving, [error])
    else noted.push(error)
  }
  // `held` has all that may have been stopped, and is short: `all` is not searched while writers wait.
  const held = [...together.held].toReversed()
  together.held.clear()
  const stopped = new Set(held.filter(({ converging, handoff }) => converging && handoff?.intact === undefined))
  for (const moving of stopped) moving.stopped = true
  if (together.transaction.state === 'pending') together.transaction.abort()
  for (const moving of held) {
    if (!moving.stopped && moving.deactivated !== undefined) note(moving, moving.reactivate())
  }
  void together.wake()

  await Promise.all(together.leaving)
  const undone = new Set<MovingResource>()
  await drive.each([...stopped, ...all.toReversed()], async (moving) => {
    // The stopped ones come up twice.
    if (moving.withdrawn || undone.has(moving)) return
    if (stopped.has(moving)) undone.add(moving)
    const {
      handoff,
      move: { gate, handedIn },
    } = moving
    await drive
      .timed(moving, 'rollback', OPTIONS, () => handoff?.rollback())
      .catch((error: unknown) => {
        note(moving, error)
      })
    moving.letGoClosed(handedIn === true || gate.halted !== undefined ? [] : [gate.resource])
    // A handoff whose rollback has failed may not have released its gate.
    if (moving.stopped) note(moving, letGo(moving))
    gate.settle()
  })
  return errors.size === 0 ? [] : all.toReversed().flatMap((moving) => errors.get(moving) ?? [])
}

/** Lets writes to the old resource go on, and has it act by itself again. */
function letGo(moving: MovingResource): ReloadError | undefined {
  moving.move.gate.release()
  moving.stopped = false
  return moving.reactivate()
}
