import type { World } from './world.js'

/** What is begun on a plugin while its last reload can be taken back. */
export function noteDuring(
  { model, coverage }: World,
  { kind, ids }: { readonly kind: string; readonly ids: ReadonlySet<string> },
): void {
  if ([...model.periods].some(({ task }) => [...ids].some((id) => task.ids.has(id))))
    coverage.note(`in a period: ${kind}`)
}
