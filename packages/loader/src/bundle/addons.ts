import { relative, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { FOR_ADDON } from '../shared/shared-names.js'

/** Native addons stay where they are: Node loads each of them once a process, whatever imports it. */
export function addons(root: string): { readonly plugin: Plugin; readonly paths: ReadonlySet<string> } {
  const paths = new Set<string>()
  const plugin: Plugin = {
    name: 'uni-addons',
    setup(build) {
      build.onLoad({ filter: /\.node$/, namespace: 'file' }, ({ path }) => {
        const below = relative(root, path).replaceAll(sep, '/')
        paths.add(below)
        const contents = `"use strict"; module.exports = require(${JSON.stringify(FOR_ADDON + below)})`
        return { contents, loader: 'js' }
      })
      build.onResolve({ filter: new RegExp(`^${FOR_ADDON}`) }, ({ path, importer }) => {
        return importer.endsWith('.node') ? { path, external: true } : undefined
      })
    },
  }
  return { plugin, paths }
}
