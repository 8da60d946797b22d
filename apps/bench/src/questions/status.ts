import { defineSurface, PluginHost, type Lease, type Plugin } from '@uni/reload-core'
import { compareAll, millisecondsOf, type Asked } from '../measure.js'
import type { Result } from '../result.js'

const PLUGINS = 100
const LEASES = [1_000, 10_000, 100_000]
/** As they take a list of what all leases hold, it grows with them; more than that, with nothing else. */
const GROWTH_LIMIT = 20

interface Provider {
  readonly name: string
}

const surface = defineSurface<Provider, never>({ id: 'status', keyOf: ({ name }) => name })

/** What it takes to be told of plugins, and of a reload, while many leases are held. */
export async function* status(): AsyncGenerator<Result> {
  const before = LEASES.at(-2)?.toLocaleString('en')
  yield* await compareAll(
    [
      ...LEASES.flatMap(questionsAt),
      {
        id: 'status/held-by-growth',
        question:
          `With ${LEASES.at(-1)?.toLocaleString('en')} leases, to read who holds each of them takes so ` +
          `many times what it does with ${before}`,
        unit: '×',
        limit: GROWTH_LIMIT,
      } satisfies Asked,
    ],
    {
      rounds: 3,
      withinS: 40,
      async ours() {
        const times: Times[] = []
        for (const leases of LEASES) times.push(await told(leases))
        const [last, before] = [times.at(-1) as Times, times.at(-2) as Times]
        return [
          ...times.flatMap(({ plugins, heldBy, reload }) => [plugins, heldBy, reload]),
          last.heldBy / before.heldBy,
        ]
      },
    },
  )
}

/** In milliseconds. */
interface Times {
  readonly plugins: number
  readonly heldBy: number
  readonly reload: number
}

function questionsAt(leases: number): Asked[] {
  const held = `with ${leases.toLocaleString('en')} leases held of ${PLUGINS} plugins`
  const ask = (what: string, question: string): Asked => ({ id: `status/${what}-${leases}`, question, unit: 'ms' })
  return [
    ask('plugins', `host.plugins(), ${held}`),
    ask('held-by', 'To read who holds each of them'),
    ask('reload', 'To reload one of them, report and blockers of its drain included'),
  ]
}

async function told(leases: number): Promise<Times> {
  const host = new PluginHost({ strategies: [{ surface, discipline: 'clean' }] })
  const handles = []
  for (let at = 0; at < PLUGINS; at += 1) handles.push(await host.add(pluginOf(at)))
  const held = Array.from({ length: leases }, (_, at): Lease => host.capture({ label: `lease ${at % 100}` }))
  const plugins = await millisecondsOf(() => host.plugins())
  const statuses = host.plugins()
  let read = 0
  const heldBy = await millisecondsOf(() => {
    read = statuses.reduce((sum, status) => sum + status.heldBy.length, 0)
  })
  if (read !== PLUGINS * leases) throw new Error(`${read} holds were told of, expected ${PLUGINS * leases}`)
  const [handle] = handles
  if (handle === undefined) throw new Error('there are plugins')
  const reload = await millisecondsOf(async () => {
    const { finalized } = await host.reload(handle, pluginOf(0), { drain: { deadlineMs: 1 } })
    const { status, blockers } = await finalized
    if (status !== 'kept' || blockers.length !== leases)
      throw new Error(`${blockers.length} leases are said to block it`)
  })
  for (const lease of held) lease[Symbol.dispose]()
  await host[Symbol.asyncDispose]()
  return { plugins, heldBy, reload }
}

function pluginOf(at: number): Plugin {
  return {
    manifest: { id: `plugin ${at}`, version: '1.0.0' },
    register: (registrar) => {
      registrar.provide(surface, { name: `key ${at}` })
    },
  }
}
