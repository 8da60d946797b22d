import { writeFile } from 'node:fs/promises'
import * as plugin from './plugin.js'
import { assertServes, moduleOf } from '../code.js'
import { answerRounds } from '../rounds.js'

/** To be run with `--import dynohot`: it watches the file, and puts new exports in place of the old. */
const FILE = new URL('plugin.js', import.meta.url)
let updated = (): void => {}
import.meta.hot?.accept('./plugin.js', () => updated())

answerRounds(async (version) => {
  const served = new Promise<void>((resolve) => {
    updated = () => {
      if (plugin.version === version) resolve()
    }
  })
  await writeFile(FILE, moduleOf(version))
  await served
  assertServes(plugin, version)
})
