import { PostgresCheckpointStore, PostgresCommitLog } from '../../src/index.js'
import { replica } from './replica.js'
import { plugin, Wiring } from './wiring.js'

export interface Replication {
  readonly url: string
  readonly slot: string
  readonly streams: readonly string[]
  /** Ends by itself once all streams have a checkpoint at the end of what is committed when it begins. */
  readonly ends?: boolean
}

/**
 * The entry of a process of its own, which a test bundles, starts and kills.
 *
 * Decodes, pumps and writes, while the sink is replaced at every checkpoint, in a process that may be killed at any
 * time. All it knows of its earlier lives is in the database. Writes a line for each
 * thing that happens.
 */
async function replicate({ url, slot, streams, ends = false }: Replication): Promise<void> {
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`)
  }
  await using log = await PostgresCommitLog.open({ connection: url, slot, publication: 'bank' })
  await using store = new PostgresCheckpointStore({ connection: url })
  let checkpointed = (): void => {}
  await using wiring = new Wiring(log, store, ({ type, stream }) => {
    say(`${type} ${stream}`)
    if (type === 'checkpoint') checkpointed()
  })
  await wiring.host.add(plugin('1.0.0', replica(url)))
  await Promise.all(streams.map((stream) => wiring.pump.start(stream, 'replica', { from: log.oldest })))

  const ended = new AbortController()
  const end = ends
    ? log
        .current()
        .then((head) => wiring.checkpointed(head))
        .finally(() => ended.abort())
    : new Promise<never>(() => {})
  for (let version = 2; !ended.signal.aborted; version += 1) {
    const checkpoint = new Promise<void>((resolve) => {
      checkpointed = resolve
    })
    await wiring.reload(plugin(`${version}.0.0`, replica(url)))
    say(`reloaded ${version}`)
    await Promise.race([checkpoint, end])
  }
  await end
  say('done')
}

await replicate(JSON.parse(process.argv[2] ?? '') as Replication)
