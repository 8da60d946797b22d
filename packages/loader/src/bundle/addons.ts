import { relative, sep } from 'node:path'
import type { Plugin } from 'esbuild'

/** Native addons stay where they are: Node loads each of them once a process, whatever imports it. */
export function addons(root: string): { readonly plugin: Plugin; readonly paths: ReadonlySet<string> } {
  const paths = new Set<string>()
  const plugin: Plugin = {
    name: 'uni-addons',
    setup(build) {
      build.onLoad({ filter: /\.node$/, namespace: 'file' }, ({ path }) => {
        const below = relative(root, path).replaceAll(sep, '/')
        paths.add(below)
        return {
          contents: `"use strict"; module.exports = __uni_runtime.addon(${JSON.stringify(below)})`,
          loader: 'js',
        }
      })
    },
  }
  return { plugin, paths }
}
