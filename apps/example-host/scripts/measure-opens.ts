// How long it takes to open a document of Hocuspocus while its plugin is replaced, beside the same without: the host is
// the one of docs/real-hosts.md. Seconds with reloads, one after the other without a pause, take turns with quiet ones,
// so that whatever else the machine does falls on both.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { WebSocket } from 'ws'
import { Doc } from 'yjs'
import { percentile } from '../src/demo/percentile.js'

type Turn = 'quiet' | 'reloading'
const TURN_MS = 1_000
/** Of each sort. */
const TURNS = 40
const EDITORS = 20
const OPENERS = 6

/** What the clients tell when they are asked to end. Milliseconds of each open, by the turn in which it began. */
interface Told {
  readonly opens: Readonly<Record<Turn, readonly number[]>>
  readonly failed: number
  readonly disconnects: number
}

const [, , port] = process.argv
if (port === undefined) await serve()
else await beClients(Number(port))

async function serve(): Promise<void> {
  const { host, handle, server } = await import('../test/docs/real-hosts/hocuspocus-host.js')
  const { editing } = await import('../test/docs/real-hosts/hocuspocus-editing.js')
  await server.listen()
  const clients = fork(fileURLToPath(import.meta.url), [String(server.address.port)])
  await once(clients, 'message')
  const took: number[] = []
  for (let turn = 0, serving = handle; turn < TURNS; turn += 1) {
    clients.send('quiet' satisfies Turn)
    await sleep(TURN_MS)
    clients.send('reloading' satisfies Turn)
    const until = performance.now() + TURN_MS
    for (let began = performance.now(); began < until; began = performance.now()) {
      serving = (await host.reload(serving, editing(`1.${took.length + 1}.0`))).handle
      took.push(performance.now() - began)
    }
  }
  clients.send('end')
  const [{ opens, failed, disconnects }] = (await once(clients, 'message')) as [Told]
  const [quiet, during] = [percentile(opens.quiet, 0.99), percentile(opens.reloading, 0.99)]
  console.log(
    `${took.length} reloads, ${percentile(took, 0.5).toFixed(1)} ms each, ${failed} failed opens, ${disconnects} disconnects`,
  )
  for (const turn of ['quiet', 'reloading'] as const) {
    const ms = [0.5, 0.9, 0.99].map((share) => percentile(opens[turn], share).toFixed(1))
    console.log(`${turn}: ${opens[turn].length} opens, p50 p90 p99 ${ms.join(' ')} ms`)
  }
  console.log(`p99 during reloads: ${(during / quiet).toFixed(2)} × quiet`)
  await server.destroy()
  await host.close()
}

async function beClients(to: number): Promise<void> {
  const opens: Record<Turn, number[]> = { quiet: [], reloading: [] }
  const told: { turn: Turn | 'end' | undefined } = { turn: undefined }
  let failed = 0
  let disconnects = 0
  process.on('message', (turn: Turn | 'end') => {
    told.turn = turn
  })
  const connect = (name: string) => {
    const websocketProvider = new HocuspocusProviderWebsocket({
      url: `ws://localhost:${to}`,
      WebSocketPolyfill: WebSocket,
    })
    let closing = false
    const document = new Doc()
    const client = new HocuspocusProvider({
      websocketProvider,
      document,
      name,
      token: 'none',
      onDisconnect: () => {
        if (!closing) disconnects += 1
      },
    })
    client.attach()
    const synced = new Promise<void>((resolve, reject) => {
      client.on('synced', () => resolve())
      setTimeout(reject, 5_000, new Error(`${name} was not opened within 5 s`)).unref()
    })
    const close = (): void => {
      closing = true
      client.destroy()
      websocketProvider.destroy()
    }
    return { text: document.getText('text'), synced, close }
  }
  const editors = Array.from({ length: EDITORS }, (_, at) => connect(`edited ${at % (EDITORS / 2)}`))
  await Promise.all(editors.map(({ synced }) => synced))
  process.send?.('ready')
  const editing = editors.map(async ({ text }) => {
    for (; told.turn !== 'end'; await sleep(100)) text.insert(0, 'edit ')
  })
  const opening = Array.from({ length: OPENERS }, async (_, opener) => {
    for (let nth = 0; told.turn !== 'end'; nth += 1, await sleep(20)) {
      const [turn, began] = [told.turn, performance.now()]
      const { text, synced, close } = connect(`opened ${opener} ${nth % 2}`)
      await synced.then(
        () => {
          if (turn === 'quiet' || turn === 'reloading') opens[turn].push(performance.now() - began)
          text.insert(0, 'edit ')
        },
        () => {
          failed += 1
        },
      )
      close()
    }
  })
  await Promise.all([...editing, ...opening])
  for (const { close } of editors) close()
  process.send?.({ opens, failed, disconnects } satisfies Told, () => process.disconnect())
}
