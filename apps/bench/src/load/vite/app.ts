import { writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer, createServerModuleRunner } from 'vite'
import { assertServes, moduleOf, type Code } from '../code.js'
import { answerRounds } from '../rounds.js'

/** Vite's module runner, told what changed by hand. */
const FILE = fileURLToPath(new URL('plugin.js', import.meta.url))
const server = await createServer({
  root: dirname(FILE),
  configFile: false,
  logLevel: 'silent',
  appType: 'custom',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, watch: null, ws: false, hmr: false },
})
const { ssr } = server.environments
const runner = createServerModuleRunner(ssr, { hmr: false })

answerRounds(async (version) => {
  await writeFile(FILE, moduleOf(version))
  ssr.moduleGraph.onFileChange(FILE)
  runner.clearCache()
  assertServes(await runner.import<Code>(FILE), version)
})
