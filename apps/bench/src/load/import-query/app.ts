import { writeFile } from 'node:fs/promises'
import { assertServes, moduleOf, type Code } from '../code.js'
import { answerRounds } from '../rounds.js'

/** A module under another URL each time, and nothing around it. */
const FILE = new URL('plugin.js', import.meta.url)

answerRounds(async (version) => {
  await writeFile(FILE, moduleOf(version))
  assertServes((await import(`${FILE.href}?v=${version}`)) as Code, version)
})
