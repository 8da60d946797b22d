import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

const PATTERN = /^uni-reload-(\d+)-[0-9a-f-]{36}\.image$/

/** Names the process, so that a later one can tell whether its owner is still there. */
export function spoolFileName(id: string): string {
  return `uni-reload-${process.pid}-${id}.image`
}

/** Removes the spool files of processes that are gone. Other files are left alone. */
export function removeLeftovers(directory: string): void {
  for (const name of readdirSync(directory)) {
    const pid = Number(PATTERN.exec(name)?.[1])
    const path = join(directory, name)
    if (!Number.isNaN(pid) && !ownedByLive(pid, path)) rmSync(path, { force: true })
  }
}

function ownedByLive(pid: number, path: string): boolean {
  if (pid !== process.pid) return isRunning(pid)
  // In a container every process may have had this number: what is older than this process was another's.
  const startedAt = Date.now() - process.uptime() * 1000
  const written = statSync(path, { throwIfNoEntry: false })
  return written !== undefined && written.mtimeMs >= startedAt
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
