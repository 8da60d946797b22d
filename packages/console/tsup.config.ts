import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { library } from '../../tsup.base.ts'

const page = (file: string): string => fileURLToPath(new URL(`src/page/${file}`, import.meta.url))

/** The page as one script and one style sheet, which are strings of the module: a host needs no files to serve it. */
async function bundled(): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    entryPoints: { console: page('main.tsx'), style: page('style.css') },
    bundle: true,
    minify: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
  })
  const text = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  return { html: await readFile(page('index.html'), 'utf8'), script: text('.js'), style: text('.css') }
}

export default library(
  { index: 'src/index.ts' },
  {
    esbuildPlugins: [
      {
        name: 'page',
        setup({ onLoad, onResolve }) {
          onResolve({ filter: /^bundled:page$/ }, () => ({ path: 'page', namespace: 'bundled' }))
          onLoad({ filter: /.*/, namespace: 'bundled' }, async () => ({
            contents: JSON.stringify(await bundled()),
            loader: 'json',
          }))
        },
      },
    ],
  },
)
