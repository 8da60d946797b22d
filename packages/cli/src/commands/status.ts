import type { AdminClient } from '../client/admin-client.js'
import { EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'
import { table } from '../table.js'
import { print } from './output.js'

export interface PluginLine {
  readonly id: string
  readonly version: string
  readonly generation: number
  readonly state: string
  readonly permanent: boolean
  readonly heldBy: readonly { readonly label: string; readonly ageMs: number }[]
  readonly holding: number
}

/** Whether everything serves: `refused` (1) where something is halted, stuck or stranded. */
export async function status(client: AdminClient, io: Io, asJson: boolean): Promise<ExitCode> {
  const health = await client.health()
  const { states, total } = await client.get<{ states: Record<string, number>; total: number }>('/v1/resources?limit=1')
  const isWell = health.status === 'ok'
  print(io, asJson, { ...health, resources: { total, states } }, () => {
    const { green, red } = io.colors
    const problems = health.problems.map((problem) => `  ${problem}\n`).join('')
    const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
    return `${isWell ? green('serves') : red('does not all serve')}\n${problems}resources: ${counts.join(', ') || 'none'}\n`
  })
  return isWell ? EXIT.ok : EXIT.refused
}

export async function plugins(client: AdminClient, io: Io, asJson: boolean): Promise<ExitCode> {
  const listed = await client.get<{ plugins: PluginLine[] }>('/v1/plugins')
  print(io, asJson, listed, () => pluginTable(listed.plugins, io))
  return EXIT.ok
}

export function pluginTable(lines: readonly PluginLine[], { colors }: Pick<Io, 'colors'>): string {
  const rows = lines.map(({ id, version, generation, state, permanent, heldBy, holding }) => {
    const [oldest] = heldBy.toSorted((one, other) => other.ageMs - one.ageMs)
    const held = oldest === undefined ? '' : `${holding} leases, ${oldest.label} for ${seconds(oldest.ageMs)}`
    return [id, version, String(generation), state, permanent ? 'yes' : 'no', held]
  })
  const head = ['plugin', 'version', 'generation', 'state', 'permanent', 'held by'].map((name) => colors.bold(name))
  return table([head, ...rows])
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
