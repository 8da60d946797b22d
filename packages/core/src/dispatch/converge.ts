import { ReloadError } from '../errors.js'
import { holdOrAbandon, holdWrites } from '../move/hold-writes.js'
import type { Discipline, ResourceHandoff } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import type { Drive } from './drive.js'
import type { MovingResource } from './moving-resource.js'
import type { Together } from './together.js'

/**
 * The disciplines, in the order in which they converge. A gate is held from when its group converges until the commit.
 * Stop-and-copy goes first, as it takes as long as something outside the process does, and no other gate is to be held
 * for that long. Pre-copy goes last, as it takes only as long as the last few writes.
 */
const GROUPS: readonly (readonly Discipline[])[] = [['stop-and-copy'], ['clean', 'contract'], ['pre-copy']]
/** Work that is expected to take longer than this is not done while other gates are held. */
const LONG_MS = 5
/** While more resources than this are behind, they catch up under load, so that few are held at once. */
const HANDFUL = 32
/** After this many rounds under load writes are held, however long a round takes. */
const MAX_ROUNDS = 16

/**
 * Brings every successor in step, and holds writes at every gate in a turn of the event loop in which each one is.
 *
 * Resources whose successors get in step by replay alone are not held at first: what is written to them is replayed
 * under load, round after round, until few are behind. Only these few are held, and those that are written to after
 * that.
 */
export async function converge(
  movings: readonly MovingResource[],
  together: Together<MovingResource>,
  drive: Drive,
  prepareJoined: () => Promise<void>,
): Promise<void> {
  if (movings.length > 0) drive.refuseAborted('converge')
  await convergeUnderLoad(together, drive, prepareJoined)
  // Until here, resources may join and leave.
  together.close()
  await prepareJoined()
  const held = await heldOf(movings, together, drive)
  for (const group of GROUPS)
    await convergeGroup(
      held.filter(({ discipline }) => group.includes(discipline)),
      together,
      drive,
    )
  if (held.length > 0) await catchUpUnderLoad(together, drive)
  await convergeRest(together, drive)
}

/**
 * Resolves with the resources that have to be held. Of the others, the observer is told here that they have converged.
 */
async function heldOf(
  movings: readonly MovingResource[],
  { pace }: Together<MovingResource>,
  drive: Drive,
): Promise<readonly MovingResource[]> {
  const held: MovingResource[] = []
  for (const moving of movings) {
    if (moving.goesUnheld) drive.tellConverged(moving)
    else held.push(moving)
    if (pace.due()) await pace.pause()
  }
  return held
}

/** Has dirty resources catch up in rounds, until one is short: what is left will be short under a hold, too. */
async function convergeUnderLoad(
  together: Together<MovingResource>,
  drive: Drive,
  prepareJoined: () => Promise<void>,
): Promise<void> {
  const { clock, joined } = together
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    await prepareJoined()
    await catchUpUnderLoad(together, drive)
    const startedAt = clock.now()
    await catchUp(takeDirty(together), drive)
    if (joined.length === 0 && clock.now() - startedAt <= LONG_MS) return
  }
}

/** Holds writes at the gates of `movings` until the commit, and converges them. */
async function convergeGroup(
  movings: readonly MovingResource[],
  together: Together<MovingResource>,
  drive: Drive,
): Promise<void> {
  await drive.forward(
    movings.filter(({ handoff }) => handoff?.catchUp !== undefined),
    'converge',
    async ({ handoff }) => handoff?.catchUp?.(),
    { told: false },
  )
  // Busy gates are held first: their holds wait for what is in flight, and no other gate is to be held for that long.
  await drive.forward(
    movings.filter(({ move }) => move.gate.busy),
    'converge',
    hold,
    { told: false },
  )
  // A resource that took long so far will take long again, so it converges before the others. One that took less than
  // half as long as the slowest may only have waited for that one.
  const longestMs = movings.reduce((longest, { convergeMs }) => Math.max(longest, convergeMs), 0)
  const slow = new Set(movings.filter(({ convergeMs }) => convergeMs > Math.max(LONG_MS, longestMs / 2)))
  for (const some of [[...slow], movings.filter((moving) => !slow.has(moving))]) {
    await drive.forward(some, 'converge', (moving) => convergeHeld(moving, together))
  }
}

async function catchUpUnderLoad(together: Together<MovingResource>, drive: Drive): Promise<void> {
  const { dirty } = together
  for (let before = Infinity; dirty.size > HANDFUL && dirty.size < before;) {
    before = dirty.size
    await catchUp(takeDirty(together), drive)
  }
}

/** Has each of `movings` that is behind catch up. Those that are not in step afterwards are dirty again. */
async function catchUp(movings: readonly MovingResource[], drive: Drive): Promise<void> {
  await drive.forward(
    movings,
    'converge',
    async (moving) => {
      if (!isBehind(moving)) return
      await moving.handoff?.catchUp?.()
      if (!moving.isInStep()) moving.stirred()
    },
    { told: false },
  )
}

/**
 * Converges the resources that are behind, and seals the reload in a turn of the event loop in which none is. A
 * resource that converges here is held until the commit, so it first catches up under load, until a round is short.
 * Busy gates are held before others, as no other gate is to be held while what is in flight is waited for.
 */
async function convergeRest(together: Together<MovingResource>, drive: Drive): Promise<void> {
  const { clock } = together
  for (let rounds = 0; ;) {
    const left = takeBehind(together)
    if (left.length === 0) {
      // Seals in this turn of the event loop: before the next one there may be another write.
      together.seal()
      return
    }
    const unheld = left.filter(({ move }) => move.gate.state !== 'held')
    const inUse = unheld.filter(({ move }) => move.gate.busy)
    const startedAt = clock.now()
    // All stay dirty: a resource that is held already does not catch up in this round, and is looked at in the next.
    for (const moving of left) moving.stirred()
    if (rounds < MAX_ROUNDS && unheld.length > 0) {
      await catchUp(unheld, drive)
      rounds = clock.now() - startedAt > LONG_MS ? rounds + 1 : MAX_ROUNDS
    } else if (inUse.length > 0) {
      await drive.forward(inUse, 'converge', hold, { told: false })
      // The holds took long: other resources may have been written to for as long, so rounds under load begin anew.
      if (clock.now() - startedAt > LONG_MS) rounds = 0
    } else {
      await drive.forward(left, 'converge', (moving) => convergeHeld(moving, together), { told: false })
    }
  }
}

/** Empties the dirty set, and returns what was in it. */
function takeDirty({ dirty }: Together<MovingResource>): MovingResource[] {
  const taken = [...dirty]
  dirty.clear()
  return taken
}

/** Empties the dirty set, and returns those that are behind. Asks all of them in one turn, so they have to be few. */
function takeBehind(together: Together<MovingResource>): MovingResource[] {
  return takeDirty(together).filter(isBehind)
}

/** A resource that has converged is in step: `successor` is not asked any more. */
function isBehind(moving: MovingResource): boolean {
  return !moving.converging && !moving.isInStep()
}

async function convergeHeld(moving: MovingResource, together: Together<MovingResource>): Promise<void> {
  const { gate } = moving.move
  together.held.add(moving)
  const handoff = moving.handoff as ResourceHandoff<unknown>
  await hold(moving)
  // Until the hold, a write may have started a halted resource again.
  moving.noteServing()
  await deactivate(moving)
  moving.converging = true
  const resource = await handoff.converge()
  if (resource === undefined || resource === null) throw new Error('the handoff converged without a resource')
  if (gate.state !== 'held') {
    throw new Error(`the handoff converged and left its gate ${gate.state}; writes have to be held until the commit`)
  }
  moving.succeed(resource)
}

function hold({ move: { gate }, step, handoff }: MovingResource): Promise<void> {
  return handoff?.withoutOld === true ? holdOrAbandon(gate, step) : holdWrites(gate, step)
}

/** Tells what acts by itself to end, except in a dry run. */
async function deactivate(moving: MovingResource): Promise<void> {
  const {
    move: { strategy, gate },
    step,
    handoff,
  } = moving
  if (strategy.deactivate === undefined || step.dryRun || gate.halted !== undefined) return
  const { resource } = gate
  await step
    .call(
      'deactivate',
      () => {
        // Set in here, as a step that was aborted before its call has deactivated nothing.
        moving.deactivated = { resource }
        return synchronous(
          strategy.deactivate?.(resource),
          'deactivate()',
          'what acts by itself has to have ended when it returns',
        )
      },
      { side: 'old' },
    )
    .catch((error: unknown) => {
      if (handoff?.withoutOld !== true || (ReloadError.is(error) && error.code === 'ABORTED')) throw error
      step.outlived(error)
    })
}
