import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { Doc } from 'yjs'

const EDITORS = 20
const OPENERS = 6
const EDIT_MS = 50
const OPEN_MS = 10_000

export type Turn = 'quiet' | 'reloading'

/** What the clients saw. Milliseconds of each open, by the turn in which it began. */
export interface Told {
  /** Every edit, by its document. */
  readonly edits: readonly (readonly [document: string, edits: readonly string[]])[]
  readonly opens: Readonly<Record<Turn, readonly number[]>>
  readonly failed: number
  readonly disconnects: number
}

/** Clients in a process of their own: told the turns, and asked to `end`. */
const [, , port] = process.argv
/** A server that is restarted leaves sockets that never opened, of which nobody else hears. */
class Socket extends WebSocket {
  constructor(url: string) {
    super(url)
    this.on('error', () => {})
  }
}
const opens: Record<Turn, number[]> = { quiet: [], reloading: [] }
const edits = new Map<string, string[]>()
const told: { turn: Turn | 'end' } = { turn: 'quiet' }
let [failed, disconnects, nth] = [0, 0, 0]
process.on('message', (turn: Turn | 'end') => {
  told.turn = turn
})

function connect(name: string) {
  const url = `ws://127.0.0.1:${port}`
  const websocketProvider = new HocuspocusProviderWebsocket({
    url,
    WebSocketPolyfill: Socket,
    delay: 20,
    minDelay: 20,
    maxDelay: 100,
  })
  const document = new Doc()
  let closing = false
  const provider = new HocuspocusProvider({
    websocketProvider,
    document,
    name,
    token: 'none',
    onDisconnect: () => {
      if (!closing) disconnects += 1
    },
  })
  provider.attach()
  const synced = new Promise<void>((resolve, reject) => {
    provider.on('synced', () => resolve())
    setTimeout(reject, OPEN_MS, new Error(`${name} was not opened`)).unref()
  })
  return {
    synced,
    edit() {
      const edit = `${nth++}`
      document.getText('text').insert(document.getText('text').length, `${edit};`)
      edits.set(name, [...(edits.get(name) ?? []), edit])
    },
    async accepted() {
      while (provider.hasUnsyncedChanges) await sleep(5)
    },
    close() {
      closing = true
      provider.destroy()
      websocketProvider.destroy()
    },
  }
}

const editors = Array.from({ length: EDITORS }, (_, at) => connect(`edited-${at % (EDITORS / 2)}`))
await Promise.all(editors.map(({ synced }) => synced))
process.send?.('ready')
const editing = editors.map(async ({ edit, accepted }) => {
  for (; told.turn !== 'end'; await sleep(EDIT_MS)) edit()
  await accepted()
})
const opening = Array.from({ length: OPENERS }, async (_, opener) => {
  for (let count = 0; told.turn !== 'end'; count += 1, await sleep(20)) {
    const [turn, began] = [told.turn, performance.now()]
    const { synced, edit, accepted, close } = connect(`opened-${opener}-${count % 2}`)
    try {
      await synced
      opens[turn].push(performance.now() - began)
      edit()
      await accepted()
    } catch {
      failed += 1
    }
    close()
  }
})
await Promise.all([...editing, ...opening])
for (const { close } of editors) close()
process.send?.({ edits: [...edits], opens, failed, disconnects } satisfies Told, () => process.disconnect())
