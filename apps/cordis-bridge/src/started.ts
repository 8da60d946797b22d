import type { Context, EffectScope, ForkScope } from 'cordis'
import { versionOf } from './version-context.js'

/** What `ScopeStatus` of cordis, which is there for its own compiler only, says. */
const LOADING = 1
const FAILED = 3

/**
 * Applies a plugin in the context of a version, and waits until it, and all plugins that it applies itself, have
 * started.
 *
 * @throws what a plugin throws when it is applied or started, and an Error where it waits for a service that is not
 * there.
 */
export async function started(ctx: Context, apply: () => ForkScope): Promise<ForkScope> {
  const version = versionOf(ctx)
  const loading = new Set<EffectScope>()
  const failed: EffectScope[] = []
  let settle = (): void => {}
  const noted = ctx.root.on('internal/status', (scope) => {
    if (versionOf(scope.ctx) !== version) return
    if (scope.status === LOADING) loading.add(scope)
    else loading.delete(scope)
    if (scope.status === FAILED) failed.push(scope)
    if (loading.size === 0) settle()
  })
  try {
    const fork = apply()
    while (loading.size > 0)
      await new Promise<void>((resolve) => {
        settle = resolve
      })
    const [first] = failed
    if (first !== undefined) {
      fork.dispose()
      throw first.error
    }
    const missing = Object.entries(fork.runtime.inject).filter(
      ([name, { required }]) => required && ctx.get(name) == null,
    )
    if (missing.length > 0) {
      fork.dispose()
      throw new Error(
        `it injects ${missing.map(([name]) => name).join(', ')}, which nothing provides: install that first`,
      )
    }
    return fork
  } finally {
    noted()
  }
}
