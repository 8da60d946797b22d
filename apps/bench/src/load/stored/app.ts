import { rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installFrom, loadPlugin, PluginStore } from '@uni/reload-loader'
import { pluginOf } from '../code.js'
import { answerRounds } from '../rounds.js'
import { serving } from '../serving.js'

/** A host whose plugin is in a store in so many versions, which are started from there, one after another. */
const VERSIONS = 10

const folder = await mkdtemp(join(tmpdir(), 'uni-bench-store-'))
// A child that is killed ends at once, unless it hears of it.
process.once('SIGTERM', () => process.exit())
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const store = await PluginStore.open(join(folder, 'store'), { journal: 'none' })
const file = join(folder, 'plugin.js')
for (let version = 0; version < VERSIONS; version += 1) {
  await writeFile(file, pluginOf(version))
  await loadPlugin(file, { store })
}
const load = async (version: number) => (await installFrom(store, 'code', `${version % VERSIONS}.0.0`)).plugin

const serve = await serving(await load(0))
answerRounds(async (version) => serve(await load(version), version % VERSIONS))
