import { ReloadError } from '../../errors.js'
import { option, unexpected, type OptionCheck } from '../../options.js'
import type { ResourceMove } from '../../dispatch/resource-move.js'
import type { Attached } from './attached.js'

/** A live resource, by name. */
export interface ResourceName {
  readonly surface: string
  readonly resource: string
}

/** Which live resources are opened anew: all that are handed over, or those that are named. */
export type ReloadSource = 'open' | { readonly open: readonly ResourceName[] }

const NAMED = option.object<Exclude<ReloadSource, string>>({
  open: option.required(
    option.list(
      option.object<ResourceName>({
        surface: option.required(option.text),
        resource: option.required(option.text),
      }),
    ),
  ),
})

export const SOURCE: OptionCheck<ReloadSource> = (value, path, owner) => {
  if (value === 'open') return value
  if (!Array.isArray((value as { open?: unknown } | null)?.open)) {
    throw unexpected("'open' or { open: [{ surface, resource }] }", value, path)
  }
  return NAMED(value, path, owner)
}

export function isReopened(source: ReloadSource | undefined, { strategy, name }: Attached): boolean {
  if (source === undefined || source === 'open') return source === 'open'
  return source.open.some(({ surface, resource }) => surface === strategy.surface.id && resource === name)
}

/** @throws ReloadError `RESOURCE_NOT_FOUND` where a resource is named that is not handed over. */
export function refuseUnknown(source: ReloadSource | undefined, handedOver: readonly ResourceMove[]): void {
  if (source === undefined || source === 'open') return
  const unknown = source.open.find(
    ({ surface, resource }) =>
      !handedOver.some(({ strategy, name }) => strategy.surface.id === surface && name === resource),
  )
  if (unknown === undefined) return
  throw new ReloadError('RESOURCE_NOT_FOUND', 'from names a live resource that is not handed over here', {
    phase: 'preflight',
    ...unknown,
    hint: 'host.resources() lists them.',
  })
}
