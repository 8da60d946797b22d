import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { hot } from 'hot-hook'
import { assertServes, moduleOf } from '../code.js'
import { answerRounds } from '../rounds.js'

const FILE = fileURLToPath(new URL('plugin.js', import.meta.url))
let invalidated = (): void => {}
hot.dispose(new URL('plugin.js', import.meta.url).href, () => invalidated())
await import('./plugin.js')

answerRounds(async (version) => {
  await writeFile(FILE, moduleOf(version))
  const done = new Promise<void>((resolve) => {
    invalidated = resolve
  })
  process.emit('message', { type: 'hot-hook:file-changed', path: FILE }, undefined)
  await done
  assertServes(await import('./plugin.js'), version)
})
