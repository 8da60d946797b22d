import { setTimeout as sleep } from 'node:timers/promises'
import type { AdminClient, HostEvent } from '../client/admin-client.js'
import { CommandError, EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'

const RETRY_MS = 1000

/** Prints what happens, until it is interrupted. Goes on where it was when the connection is lost. */
export async function events(client: AdminClient, io: Io, asJson: boolean, after?: string): Promise<ExitCode> {
  let last = after
  while (!io.signal.aborted) {
    try {
      for await (const event of client.events(last)) {
        last = event.id ?? last
        io.out(asJson ? `${JSON.stringify({ id: event.id, type: event.type, ...event.data })}\n` : eventLine(event, io))
      }
    } catch (error) {
      if (io.signal.aborted) break
      // A first connection that fails says so; one that is lost comes back.
      if (last === after || (error instanceof CommandError && error.exitCode !== EXIT.unreachable)) throw error
    }
    await sleep(RETRY_MS, undefined, { signal: io.signal }).catch(() => {})
  }
  return EXIT.ok
}

function eventLine({ type, data }: HostEvent, { colors }: Io): string {
  const { operation, plugins, phase, ms, error, steps } = data as Record<string, never>
  const about = [
    operation === undefined ? '' : colors.dim(`#${String(operation)}`),
    Array.isArray(plugins) ? (plugins as string[]).join(', ') : '',
    type.startsWith('phase-') ? `${String(phase)} ${type.slice('phase-'.length)}` : type,
    steps === undefined
      ? ''
      : Object.entries<{ count: number }>(steps)
          .map(([step, { count }]) => `${count} × ${step}`)
          .join(', '),
    typeof ms === 'number' ? `${Math.round(ms)} ms` : '',
    error === undefined ? '' : colors.red((error as { message?: string }).message ?? String(error)),
  ]
  return `${about.filter((part) => part !== '').join('  ')}\n`
}
