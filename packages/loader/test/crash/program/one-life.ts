import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { PluginStore, type Hold } from '@uni/reload-loader'
import { digestOf } from '../../../src/digest.js'
import { callsBegun, dieBefore } from './death.js'

/** One life of a process that uses a store: it says what it is about to do, and what it has done. */
const [die] = process.argv.slice(2)
const say = (line: string): void => void writeSync(1, `${line}\n`)
const put = async (id: string, code: string, more = {}): Promise<Hold> => {
  say(`putting ${id}@1.0.0 ${code}`)
  const { hold } = await store.put({ id, version: '1.0.0', code, map: `map of ${code}`, notes: {}, ...more })
  say(`stored ${id}@1.0.0 ${code}`)
  return hold
}
const letGo = async (id: string, hold: Hold): Promise<void> => {
  say(`letting go ${id}@1.0.0`)
  await hold.letGo()
}

await dieBefore(die === undefined ? undefined : Number(die))
const store = await PluginStore.open('store', { journal: { file: resolve('journal') } })
const first = await put('a', 'one')
const unpacked = await store.putPackage(
  digestOf('an archive'),
  new Map([['lib/a.js', { content: Buffer.from('a'), executable: false }]]),
)
await put('b', 'two', { package: unpacked.digest })
await put('same', 'two')
await letGo('a', first)
// Nobody needs it any more: other code may take its place, whether it was collected or not.
const other = await put('a', 'other')
await letGo('a', other)
say('collecting')
await store.collect()
await put('c', 'three')
await store[Symbol.asyncDispose]()
say(`done ${callsBegun()}`)
