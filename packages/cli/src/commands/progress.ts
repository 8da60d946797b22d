import type { AdminClient, HostEvent } from '../client/admin-client.js'
import type { Io } from '../io.js'

/** Shows the phases of what a call begins, as they happen, and leaves nothing of them on the terminal. */
export async function showProgress<T>(client: AdminClient, io: Io, id: string, call: () => Promise<T>): Promise<T> {
  const events = client.events()
  // Connected before the call, so that its first phase is not missed.
  let next = events.next()
  await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 200))])
  const progress = { over: false }
  const showing = (async () => {
    while (!progress.over) {
      const { done, value } = await next
      if (done === true) return
      const line = lineOf(value, id)
      if (line !== undefined && !progress.over) io.err(`\r\u001b[K${io.colors.dim(line)}`)
      next = events.next()
    }
  })().catch(() => {})
  try {
    return await call()
  } finally {
    progress.over = true
    io.err('\r\u001b[K')
    void events.return(undefined)
    void showing
  }
}

function lineOf({ type, data }: HostEvent, id: string): string | undefined {
  const { plugins, phase, steps } = data
  if (!Array.isArray(plugins) || !plugins.some((label) => String(label).startsWith(`${id}@`))) return undefined
  if (type === 'phase-started') return `${String(phase)} …`
  if (type !== 'steps') return undefined
  const counts = Object.entries(steps as Record<string, { count: number }>)
  return counts.map(([step, { count }]) => `${step}: ${count} more`).join(', ')
}
