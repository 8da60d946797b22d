import { setTimeout as sleep } from 'node:timers/promises'
import { cleanHandoff, defineSurface, PluginHost, type Plugin, type Surface } from '@uni/reload-core'
import { compare, millisecondsOf, PLATFORM, type Contender } from '../measure.js'
import type { Result } from '../result.js'

interface Provider {
  readonly name: string
  open(): Promise<object>
}

const HANDOFFS = 64
const WAIT_MS = 50
const surface: Surface<Provider, object> = defineSurface<Provider, object>({ id: 'waiting', keyOf: ({ name }) => name })

const allAtOnce: Contender = {
  name: 'the longest one: all at once, by hand',
  version: PLATFORM.version,
  run: () => millisecondsOf(() => Promise.all(Array.from({ length: HANDOFFS }, () => sleep(WAIT_MS)))),
}
const oneAfterAnother: Contender = {
  name: 'the sum: one after another, by hand',
  version: PLATFORM.version,
  run: () =>
    millisecondsOf(async () => {
      for (let at = 0; at < HANDOFFS; at += 1) await sleep(WAIT_MS)
    }),
}

/** Whether handoffs that wait for something outside wait together. */
export async function* overlap(): AsyncGenerator<Result> {
  yield overlapping('overlap', '32 at a time, the default', undefined, [allAtOnce, oneAfterAnother])
  yield overlapping('overlap/64-at-a-time', '64 at a time', HANDOFFS, [allAtOnce])
}

async function overlapping(
  id: string,
  how: string,
  concurrency: number | undefined,
  peers: readonly Contender[],
): Promise<Result> {
  await using host = new PluginHost({
    strategies: [cleanHandoff(surface, { open: (provider) => provider.open() })],
    ...(concurrency !== undefined && { concurrency }),
  })
  let handle = await host.add(plugin())
  await Promise.all(
    Array.from({ length: HANDOFFS }, (_, at) =>
      host.attach(surface, { name: `resource ${at}`, key: 'waiting', open: () => ({}) }),
    ),
  )

  return await compare({
    id,
    question: `Reload ${HANDOFFS} live resources that take ${WAIT_MS} ms each to open: ${how}`,
    unit: 'ms',
    rounds: 3,
    ours: () =>
      millisecondsOf(async () => {
        const result = await host.reload(handle, plugin())
        handle = result.handle
      }),
    peers,
  })
}

function plugin(): Plugin {
  const provider: Provider = { name: 'waiting', open: () => sleep(WAIT_MS, {}) }
  return {
    manifest: { id: 'bench', version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(surface, provider)
    },
  }
}
