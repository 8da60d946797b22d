import { storageBackend } from '@uni/reload-core/surfaces'
import type { ExampleHost } from '../../host/example-host.js'
import type { Acknowledged } from '../acknowledged.js'

/** How many acknowledged attachments do not read back as they were written. */
export async function auditAttachments(host: ExampleHost, acknowledged: Acknowledged): Promise<number> {
  using lease = host.plugins.capture({ label: 'attachment audit' })
  const storage = lease.resource(storageBackend, 'attachments')
  let missing = 0
  for (const [key, text] of acknowledged.attachments) {
    const value = await storage.get(key)
    if (value === undefined || new TextDecoder().decode(value) !== text) missing += 1
  }
  return missing
}
