import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClient } from '../client/admin-client.js'
import { EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'
import { pluginTable, seconds, type PluginLine } from './status.js'
import { table } from '../table.js'

interface OperationLine {
  readonly operation: number
  readonly kind: string
  readonly plugins: readonly string[]
  readonly state: string
  readonly phases: readonly { readonly phase: string; readonly atMs: number; readonly ms?: number }[]
}

const SHOWN_OPERATIONS = 10

/** Plugins, resources and the last operations, again and again, until it is interrupted. */
export async function top(client: AdminClient, io: Io, asJson: boolean, everyMs: number): Promise<ExitCode> {
  while (!io.signal.aborted) {
    const { plugins } = await client.get<{ plugins: PluginLine[] }>('/v1/plugins')
    const { states } = await client.get<{ states: Record<string, number> }>('/v1/resources?limit=1')
    const { operations } = await client.get<{ operations: OperationLine[] }>('/v1/operations')
    if (asJson) io.out(`${JSON.stringify({ plugins, resources: states, operations })}\n`)
    else {
      const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
      const shown = operations.slice(0, SHOWN_OPERATIONS).map(operationRow)
      const screen = `${pluginTable(plugins, io)}\nresources: ${counts.join(', ') || 'none'}\n\n${table(shown)}`
      io.out(io.isTerminal ? `\u001b[H\u001b[2J${screen}` : `${screen}\n`)
    }
    await sleep(everyMs, undefined, { signal: io.signal }).catch(() => {})
  }
  return EXIT.ok
}

function operationRow({ operation, kind, plugins, state, phases }: OperationLine): string[] {
  const last = phases.at(-1)
  const took = last === undefined ? '' : seconds(last.atMs + (last.ms ?? 0))
  return [`#${operation}`, kind, plugins.join(', '), state === 'running' ? (last?.phase ?? '') : state, took]
}
