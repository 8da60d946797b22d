import { setTimeout as delay } from 'node:timers/promises'
import { storageBackend } from '@uni/reload-core/surfaces'
import type { ExampleHost } from '../../host/example-host.js'
import type { Acknowledged } from '../acknowledged.js'

const KEYS = 16

/**
 * Writes attachments and reads them back. The storage is replaced exclusively, so reads capture with `captureReady`:
 * they wait out the fence instead of failing.
 *
 * @throws Error where what was acknowledged is not what is read.
 */
export async function runAttachments(
  host: ExampleHost,
  acknowledged: Acknowledged,
  stop: AbortSignal,
): Promise<number> {
  let reads = 0
  for (let turn = 0; !stop.aborted; turn += 1) {
    const key = `attachment-${turn % KEYS}`
    const text = `written at turn ${turn}`
    await host.attachments.write({ op: 'put', key, value: new TextEncoder().encode(text) })
    acknowledged.attachments.set(key, text)
    using lease = await host.plugins.captureReady({
      label: 'attachment reader',
      uses: [{ surface: storageBackend, resource: 'attachments' }],
    })
    const stored = await lease.resource(storageBackend, 'attachments').get(key)
    const found = stored && new TextDecoder().decode(stored)
    if (found !== text) throw new Error(`attachment ${key} reads "${found}" after "${text}" was acknowledged`)
    reads += 1
    await delay(10)
  }
  return reads
}
