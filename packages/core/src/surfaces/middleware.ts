import type { CaptureOptions, Lease } from '../host/lease/lease.js'
import type { MaybePromise } from '../maybe-promise.js'
import { cleanHandoff } from '../move/clean.js'
import type { HandoffStrategy } from '../strategy.js'
import { defineSurface, type Surface } from '../surface.js'
import { byPriority, type Prioritized } from './by-priority.js'
import { oncePerList } from './once-per-list.js'

/** One layer around what a host does with a `C`, such as a request. */
export interface MiddlewareProvider<C = never> extends Prioritized {
  /** Its key. */
  readonly name: string
  /** Does its part before and after `next()`, which runs the layers inside this one and the work. */
  handle(context: C, next: () => Promise<void>): MaybePromise<void>
}

export const middleware: Surface<MiddlewareProvider> = defineSurface<MiddlewareProvider>({
  id: 'middleware',
  keyOf: (provider) => provider.name,
  methods: ['handle'],
})

/** Clean: one `runMiddleware` goes through the layers of one epoch. */
export function middlewareHandoff(): HandoffStrategy<MiddlewareProvider> {
  return cleanHandoff(middleware)
}

/** Anything with the `run` of a `PluginHost`. */
interface RunningHost {
  run<T>(options: CaptureOptions, work: (lease: Lease) => T): T
}

/**
 * Does `work` inside all middleware, under one lease. The middleware of the highest priority is outermost.
 *
 * @throws what a layer or `work` throws, unless a layer around it catches that.
 */
export async function runMiddleware<C>(
  host: RunningHost,
  context: C,
  work: (context: C) => MaybePromise<void>,
  options: CaptureOptions = {},
): Promise<void> {
  await host.run(options, (lease) => layered(inOrder(lease.all(middleware)), context, work))
}

/** From the outermost to the innermost. */
const inOrder = oncePerList<MiddlewareProvider, readonly MiddlewareProvider[]>(byPriority)

async function layered<C>(
  layers: readonly MiddlewareProvider<C>[],
  context: C,
  work: (context: C) => MaybePromise<void>,
): Promise<void> {
  const enter = async (depth: number): Promise<void> => {
    const layer = layers[depth]
    if (layer === undefined) return work(context)
    let entered = false
    await layer.handle(context, async () => {
      if (entered) throw new Error(`middleware "${layer.name}" has called next() twice`)
      entered = true
      await enter(depth + 1)
    })
  }
  await enter(0)
}
