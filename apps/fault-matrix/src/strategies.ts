import type { AnyStrategy } from '@uni/reload-core'

/** Whatever the packages of the workspace export, by file: but for the console, which is a page, and there when built. */
const EXPORTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ...import.meta.glob(['../../../packages/*/src/index.ts', '!../../../packages/console/src/index.ts'], { eager: true }),
  ...import.meta.glob('../../../packages/core/src/surfaces/index.ts', { eager: true }),
}

/**
 * The surfaces of every strategy that a package exports: a kind that comes tomorrow is among them. `cleanHandoff` makes
 * the strategy of the surface it is given, and has none of its own.
 */
export function surfacesOfStrategies(): string[] {
  const made = Object.values(EXPORTS).flatMap((exported) =>
    Object.entries(exported)
      .filter(([name, value]) => name.endsWith('Handoff') && name !== 'cleanHandoff' && typeof value === 'function')
      .map(([, make]) => (make as () => Partial<AnyStrategy>)()),
  )
  return made.flatMap(({ surface }) => (surface === undefined ? [] : surface.id)).sort()
}
