import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import type { StoredKind } from './kind.js'
import { storedNotes } from './note-crowd.js'
import { storedPages } from './yjs-crowd.js'

const KINDS = { notes: storedNotes, pages: storedPages } as Readonly<Record<string, StoredKind<unknown>>>

/** A process that opens all of its documents as it starts, and saves them as it ends. */
const [, , kindName = '', path = '', count = '0'] = process.argv
const kind = KINDS[kindName]
if (kind === undefined) throw new Error(`there is no kind "${kindName}"`)

const documents: unknown[] = []
if (existsSync(path)) {
  for (const saved of deserialize(readFileSync(path)) as unknown[]) documents.push(await kind.load(saved))
} else {
  for (let at = 0; at < Number(count); at += 1) documents.push(await kind.create(`document ${at}`))
}

process.once('message', () => {
  writeFileSync(path, serialize(documents.map((document) => kind.save(document))))
  process.exit()
})
process.send?.('open')
