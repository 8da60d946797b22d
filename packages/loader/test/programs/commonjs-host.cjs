'use strict'
// A host in CommonJS: what its plugins ask for by names that they compute is what it has itself. Prints that as JSON.
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')
const core = require('@uni/reload-core')
const { loadPlugin } = require('@uni/reload-loader')

const PLUGIN = `
const named = (name) => name
export default {
  manifest: { id: 'asking', version: '1.0.0' },
  register() {},
  async ask() {
    const [yjs, core] = [named('yjs'), named('@uni/reload-core')]
    return { imported: [await import(yjs), await import(core)], required: [require(yjs), require(core)] }
  },
}`

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'uni-commonjs-'))
  try {
    writeFileSync(join(folder, 'index.ts'), PLUGIN)
    const { plugin } = await loadPlugin(folder, { shared: ['yjs'], from: __filename })
    const { imported, required } = await plugin.ask()
    const own = [(await import('yjs')).Doc, core.PluginHost]
    const isOwn = ([yjs, asked]) => yjs.Doc === own[0] && asked.PluginHost === own[1]
    console.log(JSON.stringify({ imported: isOwn(imported), required: isOwn(required) }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

void main()
