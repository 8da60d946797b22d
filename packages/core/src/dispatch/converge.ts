import { ReloadError } from '../errors.js'
import { holdOrAbandon, holdWrites } from '../move/hold-writes.js'
import type { Discipline, ResourceHandoff } from '../strategy.js'
import { synchronous } from '../synchronous.js'
import type { Drive } from './drive.js'
import type { MovingResource } from './moving-resource.js'
import type { Together } from './together.js'

/**
 * The disciplines, in the order in which they converge. Each gate is held from when its group converges to the commit: a
 * stop-and-copy resource takes as long as its peers outside take, and goes first, so that nobody else is held for that
 * long; a pre-copy resource takes only as long as the last few writes, and goes last.
 */
const GROUPS: readonly (readonly Discipline[])[] = [['stop-and-copy'], ['clean', 'contract'], ['pre-copy']]
/** A hold that is longer than this is one that others are not to share. */
const LONG_MS = 5
/** So few that are behind are held, and brought in step then. */
const HANDFUL = 32
/** So many rounds are run under load, however long each of them takes. */
const MAX_ROUNDS = 16

/**
 * Brings every successor in step, so that writes are held at every gate and nothing is left to do. Those that are in step
 * as they are go unheld to the end; what is written to them meanwhile is replayed under load, round after round, until
 * few are behind. Only these are held, and what is then written to others before nothing is left has them held, too.
 */
export async function converge(
  movings: readonly MovingResource[],
  together: Together,
  drive: Drive,
  prepareJoined: () => Promise<void>,
): Promise<void> {
  if (movings.length > 0) drive.refuseAborted('converge')
  await convergeUnderLoad(together, drive, prepareJoined)
  // Others join, and leave, up to here.
  together.close()
  await prepareJoined()
  const [unheld, held] = [movings.filter((moving) => moving.goesUnheld), movings.filter((moving) => !moving.goesUnheld)]
  await drive.tellConverged(unheld)
  for (const group of GROUPS)
    await convergeGroup(
      held.filter(({ discipline }) => group.includes(discipline)),
      drive,
    )
  if (held.length > 0) await catchUpUnderLoad(together, drive)
  await convergeRest(together, drive)
}

/** Up to where holding writes would not be for long. */
async function convergeUnderLoad(together: Together, drive: Drive, prepareJoined: () => Promise<void>): Promise<void> {
  const { clock, joined } = together
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    await prepareJoined()
    await catchUpUnderLoad(together, drive)
    const startedAt = clock.now()
    await catchUp(takeBehind(together), drive)
    if (joined.length === 0 && clock.now() - startedAt <= LONG_MS) return
  }
}

/** Those that are held from here to the commit. */
async function convergeGroup(movings: readonly MovingResource[], drive: Drive): Promise<void> {
  await drive.forward(
    movings.filter(({ handoff }) => handoff?.catchUp !== undefined),
    'converge',
    async ({ handoff }) => handoff?.catchUp?.(),
    { told: false },
  )
  // Nobody else is held while those in use are waited for.
  await drive.forward(
    movings.filter(({ move }) => move.gate.busy),
    'converge',
    hold,
    { told: false },
  )
  // Those that took long to catch up will take long for the rest as well. Nobody else is held meanwhile: those that only
  // ran beside them took a part of that time.
  const longestMs = movings.reduce((longest, { convergeMs }) => Math.max(longest, convergeMs), 0)
  const behind = new Set(movings.filter(({ convergeMs }) => convergeMs > Math.max(LONG_MS, longestMs / 2)))
  for (const some of [[...behind], movings.filter((moving) => !behind.has(moving))]) {
    await drive.forward(some, 'converge', convergeHeld)
  }
}

async function catchUpUnderLoad(together: Together, drive: Drive): Promise<void> {
  const { dirty } = together
  for (let before = Infinity; dirty.size > HANDFUL && dirty.size < before;) {
    before = dirty.size
    await catchUp(takeBehind(together), drive)
  }
}

/** Leaves those among the dirty that are not in step after it. */
async function catchUp(movings: readonly MovingResource[], drive: Drive): Promise<void> {
  await drive.forward(
    movings,
    'converge',
    async (moving) => {
      await moving.handoff?.catchUp?.()
      if (!moving.isInStep()) moving.stirred()
    },
    { told: false },
  )
}

/**
 * Holds writes at every gate, in a turn in which nothing is left to do. Whoever writes to one that is behind is held from its turn to the
 * commit: so it comes to that only when a round takes no longer than writers may wait, and those in use go first, as
 * nobody else is to wait for what they do.
 */
async function convergeRest(together: Together, drive: Drive): Promise<void> {
  const { clock } = together
  for (let rounds = 0; ;) {
    const left = takeBehind(together)
    if (left.length === 0) {
      // At once: in the next turn of a promise somebody may have written again.
      together.seal()
      return
    }
    const unheld = left.filter(({ move }) => move.gate.state !== 'held')
    const inUse = unheld.filter(({ move }) => move.gate.busy)
    const startedAt = clock.now()
    // Each of them is behind until it has caught up, also one that is held and not among those that do so now.
    for (const moving of left) moving.stirred()
    if (rounds < MAX_ROUNDS && unheld.length > 0) {
      await catchUp(unheld, drive)
      rounds = clock.now() - startedAt > LONG_MS ? rounds + 1 : MAX_ROUNDS
    } else if (inUse.length > 0) {
      await drive.forward(inUse, 'converge', hold, { told: false })
      // Others may have been written to for long meanwhile.
      if (clock.now() - startedAt > LONG_MS) rounds = 0
    } else {
      await drive.forward(left, 'converge', convergeHeld, { told: false })
    }
  }
}

/** Those among the dirty that have not been caught up with since. One that has converged is in step, whatever it says. */
function takeBehind({ dirty }: Together): MovingResource[] {
  const taken = [...dirty].filter((moving) => !moving.converging && !moving.isInStep())
  dirty.clear()
  return taken
}

async function convergeHeld(moving: MovingResource): Promise<void> {
  const { gate } = moving.move
  const handoff = moving.handoff as ResourceHandoff<unknown>
  await hold(moving)
  // A write may have started a halted one meanwhile.
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
        // Not before the call is made: one that was aborted ahead of it has ended nothing.
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
