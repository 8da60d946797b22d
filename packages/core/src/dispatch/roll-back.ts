import type { ReloadError } from '../errors.js'
import type { Drive } from './drive.js'
import type { MovingResource } from './moving-resource.js'
import type { Together } from './together.js'

const OPTIONS = { code: 'HANDOFF' } as const

/**
 * Undoes what was begun, `concurrency` resources at a time. Writers come first: the gates of all old resources that
 * serve on are let go at once, before anything is closed, and resources that have to be started again come before those
 * whose successor is only to be closed.
 *
 * @param all in the order in which they were begun.
 * @returns resolves with what failed in it, last begun first.
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
  // Those that were held for it are few. Writers wait until it is done, so the others are not looked through first.
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
    // Those that were stopped are in both lists.
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
    // A gate must not stay held by a handoff whose rollback failed before it let go.
    if (moving.stopped) note(moving, letGo(moving))
    gate.settle()
  })
  return errors.size === 0 ? [] : all.toReversed().flatMap((moving) => errors.get(moving) ?? [])
}

/** Lets the old resource go on, with writes and with what it does by itself. */
function letGo(moving: MovingResource): ReloadError | undefined {
  moving.move.gate.release()
  moving.stopped = false
  return moving.reactivate()
}
