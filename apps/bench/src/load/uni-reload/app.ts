import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadPlugin } from '@uni/reload-loader'
import { pluginOf } from '../code.js'
import { answerRounds } from '../rounds.js'
import { serving } from '../serving.js'

/** A host whose plugin is a file, which is loaded anew each time. */
const FILE = fileURLToPath(new URL('plugin.js', import.meta.url))

async function load(version: number) {
  await writeFile(FILE, pluginOf(version))
  return (await loadPlugin(FILE)).plugin
}

const serve = await serving(await load(0))
answerRounds(async (version) => serve(await load(version), version))
