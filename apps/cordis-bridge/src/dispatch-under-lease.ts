import type { Lifecycle } from 'cordis'
import type { PluginHost } from '@uni/reload-core'
import { cordisVersion } from './cordis-version.js'
import { versionOf } from './version-context.js'

/** The events by which cordis tells a plugin about itself, whether it serves or not. */
const OF_CORDIS = /^(ready|dispose|fork|internal\/.*)$/

/**
 * Has an event reach the listeners of the versions that serve when it is emitted, up to the last of them and whatever
 * is replaced meanwhile, and none of a version that is tried or retired. `emit`, `parallel`, `serial` and `bail` all
 * call `dispatch`.
 */
export function dispatchUnderLease(lifecycle: Lifecycle, host: PluginHost): void {
  const dispatch = lifecycle.dispatch
  Object.defineProperty(lifecycle, 'dispatch', {
    configurable: true,
    value: function* (this: Lifecycle, type: string, args: unknown[]): Generator<unknown, void> {
      const name = typeof args[0] === 'string' ? args[0] : String(args[1])
      if (OF_CORDIS.test(name)) {
        yield* dispatch.call(this, type, args)
        return
      }
      const lease = host.capture({ label: `event ${name}` })
      const serving = new Set(lease.serving(cordisVersion).providers)
      const filterHooks: Lifecycle['filterHooks'] = (hooks, self) =>
        this.filterHooks(hooks, self).filter(({ ctx }) => {
          const version = versionOf(ctx)
          return version === undefined || serving.has(version)
        })
      const answers: unknown[] = []
      try {
        for (const answer of dispatch.call(Object.create(this, { filterHooks: { value: filterHooks } }), type, args)) {
          answers.push(answer)
          yield answer
        }
      } finally {
        void Promise.allSettled(answers).then(() => {
          lease[Symbol.dispose]()
        })
      }
    },
  })
}
