import { appendFile, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AuditEntry } from '../access/audit.js'

/** Appends each entry to a file, as a line of JSON. The file is made for its owner alone (0600). */
export function auditFile(file: string): (entry: AuditEntry) => Promise<void> {
  const made = mkdir(dirname(file), { recursive: true })
  // Heard: each entry waits for it, and rejects with it.
  made.catch(() => {})
  return async (entry) => {
    await made
    await appendFile(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
  }
}
