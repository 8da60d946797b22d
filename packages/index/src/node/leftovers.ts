import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const PATTERN = /^uni-reload-(\d+)-[0-9a-f-]{36}\.image$/

/** The name has this process in it, so that a later process can tell whether the owner has ended. */
export function spoolFileName(id: string): string {
  return `uni-reload-${process.pid}-${id}.image`
}

/** Removes the spool files of processes that have ended. Other files are left alone. */
export function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(PATTERN.exec(name)?.[1])
    const path = join(directory, name)
    if (!Number.isNaN(pid) && !ownedByLive(pid, path)) rmSync(path, { force: true })
  }
}

function ownedByLive(pid: number, path: string): boolean {
  if (pid !== process.pid) return isRunning(pid)
  // In a container every process may have the same pid: a file older than this process is of another one.
  const startedAt = Date.now() - process.uptime() * 1000
  const written = statSync(path, { throwIfNoEntry: false })
  return written !== undefined && written.mtimeMs >= startedAt
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process is there, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
