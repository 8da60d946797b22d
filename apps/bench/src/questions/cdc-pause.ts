import { setTimeout as sleep } from 'node:timers/promises'
import { PluginHost, type Plugin } from '@uni/reload-core'
import { cdcHandoff, cdcOutput, CdcPump, MemoryCheckpointStore, MemoryCommitLog, type CdcStream } from '@uni/reload-cdc'
import { compare, PLATFORM } from '../measure.js'
import type { Result } from '../result.js'
import { fill, Handover, timedSink } from '../timed-sink.js'

/** Deliveries go on this long before a reload begins. */
const LEAD_MS = 20

/** What a stream stands still for, beyond what its sinks take themselves. */
export async function* cdcPause(): AsyncGenerator<Result> {
  yield compare({
    id: 'cdc-pause',
    unit: 'ms',
    rounds: 31,
    warmups: 3,
    question:
      'From the last delivery by the old sink to the first by the new one, less the time the sinks themselves take',
    ours: () => byReload(),
    peers: [{ name: 'the same steps, by hand', version: PLATFORM.version, run: () => byHand() }],
  })
}

async function byReload(): Promise<number> {
  const log = new MemoryCommitLog()
  fill(log)
  const handover = new Handover()
  await using host = new PluginHost({ strategies: [cdcHandoff()] })
  const handle = await host.add(pluginOf(1, log, handover))
  await using pump = new CdcPump({ host, log, checkpoints: new MemoryCheckpointStore() })
  await pump.start('stream', 'sink')
  await sleep(LEAD_MS)
  await host.reload(handle, pluginOf(2, log, handover))
  return await handover.overheadMs
}

function pluginOf(version: number, log: MemoryCommitLog, handover: Handover): Plugin {
  return {
    manifest: { id: 'sink', version: `${version}.0.0` },
    register: (registrar) => {
      registrar.provide(cdcOutput, timedSink(version, log, handover))
    },
  }
}

async function byHand(): Promise<number> {
  const log = new MemoryCommitLog()
  fill(log)
  const handover = new Handover()
  const { signal } = new AbortController()
  const old = await timedSink(1, log, handover).start({ fromLsn: 0n, signal })
  const reloadAt = performance.now() + LEAD_MS
  await deliver(old, log, 0n, () => performance.now() < reloadAt)
  const fromLsn = await old.checkpoint()
  await old.shutdown()
  const next = await timedSink(2, log, handover).start({ fromLsn, signal })
  let first = true
  await deliver(next, log, fromLsn, () => {
    const goOn = first
    first = false
    return goOn
  })
  await next.shutdown()
  return handover.overheadMs
}

async function deliver(stream: CdcStream, log: MemoryCommitLog, from: bigint, goOn: () => boolean): Promise<void> {
  for await (const batch of log.read(from)) {
    if (!goOn()) return
    await stream.deliver(batch)
  }
}
