import { ReloadError } from '../errors.js'
import { holdOrAbandon, holdWrites } from '../move/hold-writes.js'
import type { Discipline, ResourceHandoff } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import type { Drive } from './drive.js'
import type { MovingResource } from './moving-resource.js'
import type { Together } from './together.js'

/**
 * The disciplines, in the order in which they converge. A gate is held from when its group converges to the commit.
 * Stop-and-copy goes first: it takes as long as somebody outside takes, and no other gate is to be held for that long.
 * Pre-copy goes last: it takes only as long as the last few writes.
 */
const GROUPS: readonly (readonly Discipline[])[] = [['stop-and-copy'], ['clean', 'contract'], ['pre-copy']]
/** Work that takes longer than this is not done while other gates are held. */
const LONG_MS = 5
/** While more resources than this are behind, they are caught up with under load. So few are held at once. */
const HANDFUL = 32
/** How many rounds are run under load at most. After them writes are held, however long a round takes. */
const MAX_ROUNDS = 16

/**
 * Brings every successor in step, and holds writes at every gate in a turn in which nothing is left to do.
 *
 * A resource whose successor is in step by replay alone goes unheld to the end: what is written to it meanwhile is
 * replayed under load, round after round, until few resources are behind. Only these few are held. Whatever is written
 * to before nothing is left to do is held, too.
 */
export async function converge(
  movings: readonly MovingResource[],
  together: Together<MovingResource>,
  drive: Drive,
  prepareJoined: () => Promise<void>,
): Promise<void> {
  if (movings.length > 0) drive.refuseAborted('converge')
  await convergeUnderLoad(together, drive, prepareJoined)
  // Others join, and leave, up to here.
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

/** Gives those that are held to converge. The observer is told, in slices, that the others have converged. */
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

/** Runs rounds until one is short: what is left then is short under a hold, too. */
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

/** Converges resources whose gates are held from here to the commit. */
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
  // Gates in use come first: their holds wait for what is in flight, and no other gate is to be held meanwhile.
  await drive.forward(
    movings.filter(({ move }) => move.gate.busy),
    'converge',
    hold,
    { told: false },
  )
  // What took long to catch up takes long for the rest as well: it converges while no other gate is held. What took
  // less than half as long as the slowest may only have run beside that one.
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

/** Catches up with each of `movings` that is behind. What is not in step afterwards is dirty again. */
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
 * Converges what is behind, and holds writes at every gate in a turn in which nothing is. What converges here is held
 * to the commit, so it is caught up with under load first, until a round is short. Gates in use are held before others,
 * as no other gate is to be held while what is in flight is waited for.
 */
async function convergeRest(together: Together<MovingResource>, drive: Drive): Promise<void> {
  const { clock } = together
  for (let rounds = 0; ;) {
    const left = takeBehind(together)
    if (left.length === 0) {
      // In this turn: by the next one somebody may have written again.
      together.seal()
      return
    }
    const unheld = left.filter(({ move }) => move.gate.state !== 'held')
    const inUse = unheld.filter(({ move }) => move.gate.busy)
    const startedAt = clock.now()
    // All stay dirty: a resource that is held already is not caught up with in this round, and is looked at in the
    // next.
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

/** Empties the dirty set, and gives what was in it. */
function takeDirty({ dirty }: Together<MovingResource>): MovingResource[] {
  const taken = [...dirty]
  dirty.clear()
  return taken
}

/** The same of what is behind, in one turn: for the few that are left in the end. */
function takeBehind(together: Together<MovingResource>): MovingResource[] {
  return takeDirty(together).filter(isBehind)
}

/** What has converged is in step, whatever its successor says. */
function isBehind(moving: MovingResource): boolean {
  return !moving.converging && !moving.isInStep()
}

async function convergeHeld(moving: MovingResource, together: Together<MovingResource>): Promise<void> {
  const { gate } = moving.move
  together.held.add(moving)
  const handoff = moving.handoff as ResourceHandoff<unknown>
  await hold(moving)
  // Before the hold, a write may have started a halted resource again.
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

/** A dry run takes nothing out of service. */
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
        // Set inside the call: a step that was aborted before it has deactivated nothing.
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
