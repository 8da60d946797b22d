import { FileCheckpointStore } from '../../../src/node/index.js'
import { DecodedLog } from './decoded-log.js'
import { Replica } from './replica.js'
import { plugin, Wiring } from './wiring.js'

export interface Replication {
  readonly url: string
  readonly checkpoints: string
  readonly streams: readonly string[]
  /** Ends by itself once all streams have a checkpoint there; in decimal, as JSON has no bigint. */
  readonly until?: string
}

/**
 * The entry of a process of its own, which a test bundles, starts and kills.
 *
 * Decodes, pumps and writes, while the sink is replaced at every checkpoint, in a process that may be killed at any
 * time. All it knows of its earlier lives is in the slot, the checkpoint files and the replica. Writes a line for each
 * thing that happens.
 */
async function replicate({ url, checkpoints, streams, until }: Replication): Promise<void> {
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  const store = new FileCheckpointStore(checkpoints)
  await using decoded = await DecodedLog.open(url, 'killed', 'bank')
  let checkpointed = (): void => {}
  await using wiring = new Wiring(decoded.log, store, ({ type, stream }) => {
    say(`${type} ${stream}`)
    if (type === 'checkpoint') checkpointed()
  })
  await wiring.host.add(plugin('1.0.0', new Replica(url, '1.0.0')))
  // The slot was told of the lowest checkpoint at most: what lies up to the others is decoded once more first.
  for (const stream of streams) await decoded.reaches((await store.load(stream)) ?? decoded.log.head)
  await Promise.all(streams.map((stream) => wiring.pump.start(stream, 'replica', { from: decoded.log.oldest })))

  const ended = new AbortController()
  const end =
    until === undefined
      ? new Promise<never>(() => {})
      : decoded
          .reaches(BigInt(until))
          .then(() => wiring.checkpointed(BigInt(until)))
          .finally(() => ended.abort())
  for (let version = 2; !ended.signal.aborted; version += 1) {
    const checkpoint = new Promise<void>((resolve) => {
      checkpointed = resolve
    })
    await wiring.reload(plugin(`${version}.0.0`, new Replica(url, `${version}.0.0`)))
    say(`reloaded ${version}`)
    await Promise.race([checkpoint, end])
  }
  await end
  say('done')
}

await replicate(JSON.parse(process.argv[2] ?? '') as Replication)
