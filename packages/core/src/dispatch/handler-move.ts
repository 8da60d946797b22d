import type { Clock } from '../clock.js'
import { ReloadError } from '../errors.js'
import { WriteGate } from '../move/gate.js'
import type { AnyStrategy, Transition } from '../strategy.js'
import type { ResourceMove } from './resource-move.js'
import type { KindHandoff } from './request.js'

/**
 * The move of a resource that a host handed in itself.
 *
 * @throws ReloadError `PROVIDER_NOT_FOUND` without an old provider, `ORPHANED_RESOURCE` without a new one.
 */
export function handlerMove(
  strategy: AnyStrategy,
  handoff: KindHandoff<unknown, unknown, unknown>,
  providers: { old: unknown; next: unknown; transition: Transition; plugin?: string; owner?: object },
  clock: Clock,
): ResourceMove {
  const { name, key, resource } = handoff
  const named = providers.plugin !== undefined && { plugin: providers.plugin }
  const place = { phase: 'preflight', ...named, surface: strategy.surface.id, key, resource: name } as const
  if (providers.old === undefined) {
    throw new ReloadError('PROVIDER_NOT_FOUND', 'the version being replaced does not provide this key', {
      ...place,
      hint: 'Name the provider that opened the resource: after a rollback the resource goes on with it.',
    })
  }
  const next = handoff.next ?? providers.next
  if (next === undefined) {
    throw new ReloadError('ORPHANED_RESOURCE', 'no new provider has this key', {
      ...place,
      hint: 'Close the resource first, or name its new provider in the handoff.',
    })
  }
  const gate = handoff.gate ?? new WriteGate(strategy.surface, name, resource, { clock })
  return {
    strategy,
    name,
    key,
    old: providers.old,
    next,
    gate,
    transition: providers.transition,
    ...named,
    owner: providers.owner,
    handedIn: true,
    ...(handoff.open && { open: handoff.open }),
  }
}
