import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import { assertServes, moduleOf, type Code } from '../code.js'
import { answerRounds } from '../rounds.js'

/** Told to keep nothing, neither in memory nor in files. What is named .js it leaves to Node, which keeps it. */
const FILE = fileURLToPath(new URL('plugin.ts', import.meta.url))
const jiti = createJiti(import.meta.url, { moduleCache: false, fsCache: false, tryNative: false })

answerRounds(async (version) => {
  await writeFile(FILE, moduleOf(version))
  assertServes(await jiti.import<Code>(FILE), version)
})
