import { writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { PluginStore, type StoredVersion } from '@uni/reload-loader'
import { randomFrom } from '../../fixtures/random.js'
import { callsBegun, dieBefore } from './death.js'

/** What one of several processes does at once with one store, in an order of chance. Whatever is not right ends it. */
const [seed, die, steps] = process.argv.slice(2) as [string, string, string]
const random = randomFrom(Number(seed))
const codeOf = (id: string, version: string): string => `code of ${id}@${version}`

await dieBefore(Number(die))
const store = await PluginStore.open('store', { journal: { file: resolve('journal') } })
const held: StoredVersion[] = []
for (let step = 0; step < Number(steps); step += 1) {
  const id = `p${random(3)}`
  const version = `${random(3)}.0.0`
  const what = random(10)
  if (what < 4) held.push(await store.put({ id, version, code: codeOf(id, version), map: 'map', notes: {} }))
  else if (what < 6) {
    const stored = await store.get(id, version)
    if (stored !== undefined) {
      if (String(stored.code) !== codeOf(id, version)) throw new Error(`${id}@${version} is ${String(stored.code)}`)
      held.push(stored)
    }
  } else if (what < 9) await held.splice(random(Math.max(1, held.length)), 1)[0]?.hold.letGo()
  else await store.collect()
  for (const it of [...held, { id: 'keep', version: '1.0.0' }]) {
    const again = await store.get(it.id, it.version)
    if (again === undefined) throw new Error(`${it.id}@${it.version} is gone, and was held`)
    await again.hold.letGo()
  }
}
await store[Symbol.asyncDispose]()
writeSync(1, `done ${callsBegun()}\n`)
