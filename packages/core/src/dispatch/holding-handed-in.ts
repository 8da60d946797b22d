import type { ErrorPlace } from '../errors.js'
import { placeOf, type ResourceMove } from './resource-move.js'
import type { StepEnvironment } from './step-environment.js'

/**
 * Runs `check` while the resources that the caller of a reload handed in are claimed. So a check that opens a copy and
 * is given one of them instead is refused, and does not close it.
 *
 * @throws ReloadError `DUPLICATE` where an object that was handed in is another live resource already.
 */
export async function holdingHandedIn<T>(
  moves: readonly ResourceMove[],
  { claims, pace }: StepEnvironment,
  check: () => Promise<T>,
): Promise<T> {
  const held: { readonly resource: unknown; readonly place: ErrorPlace }[] = []
  try {
    for (const move of moves) {
      if (pace.due()) await pace.pause()
      if (move.handedIn !== true || move.gate.halted !== undefined) continue
      const { resource } = move.gate
      const place = placeOf(move)
      claims.claim(resource, place, { phase: 'preflight' })
      held.push({ resource, place })
    }
    return await check()
  } finally {
    for (const { resource, place } of held) {
      claims.letGo(resource, place)
      if (pace.due()) await pace.pause()
    }
  }
}
