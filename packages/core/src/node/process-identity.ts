import { readFile } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { errnoOf } from './errno.js'

/** Tolerances: the clock may have been set, and the start of a process is known only to about a second. */
const CLOCK_SLACK_MS = 60_000
const START_SLACK_MS = 1_000

/** A process, as a lock file names it. */
export interface NotedProcess {
  readonly pid: number
  /** The name of its machine. */
  readonly host: string
  /** When it was noted down, as ISO 8601. */
  readonly since: string
  /** Differs from that of every other process with the same `pid`; absent where the platform has nothing like it. */
  readonly identity?: string | undefined
}

/** This process, as a lock file is to name it. */
export async function noteProcess(): Promise<NotedProcess> {
  const identity = await identityOf(process.pid)
  return {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    ...(identity !== undefined && { identity }),
  }
}

export function isNotedProcess(found: unknown): found is NotedProcess {
  if (typeof found !== 'object' || found === null) return false
  const { pid, host, since, identity } = found as Record<string, unknown>
  return (
    Number.isSafeInteger(pid) &&
    [host, since].every((it) => typeof it === 'string') &&
    (identity === undefined || typeof identity === 'string')
  )
}

export function describeProcess({ pid, host, since }: NotedProcess): string {
  return `process ${pid} on host "${host}", since ${since}`
}

/**
 * On Linux, the boot of the machine and the tick in which the process began (proc(5): `starttime`, the 22nd field of
 * `/proc/<pid>/stat`). `undefined` elsewhere, and of a process that is not there or may not be looked at.
 */
async function identityOf(pid: number): Promise<string | undefined> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // The second field is a name in parentheses, which may hold anything.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie has ended; its parent has not asked yet.
    return state === 'Z' || state === 'X' ? `${boot.trim()} ended` : `${boot.trim()} ${fields[18]}`
  } catch {
    return undefined
  }
}

/**
 * Whether a process has ended, although another may have its `pid` by now. False where that cannot be known, as for a
 * process of another machine.
 */
export async function hasEnded({ pid, host, since, identity }: NotedProcess): Promise<boolean> {
  if (host !== hostname()) return false
  if (!isRunning(pid)) return true
  const now = await identityOf(pid)
  if (identity !== undefined && now !== undefined) return now !== identity
  const notedAt = Date.parse(since)
  if (pid === process.pid) return notedAt < Date.now() - process.uptime() * 1_000 - START_SLACK_MS
  return notedAt < Date.now() - uptime() * 1_000 - CLOCK_SLACK_MS
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // The process is running, as another user.
    return errnoOf(error) === 'EPERM'
  }
}
