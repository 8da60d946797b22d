import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Listr } from 'listr2'
import { loadDataset, type Dataset } from './dataset.js'
import { runDemo } from './demo.js'
import { brokenPromises } from './report/broken-promises.js'
import { toHtml } from './report/html.js'
import type { Report } from './report/report.js'
import { toText } from './report/text.js'

const LAST_MS = Number(process.env['DEMO_SECONDS'] ?? 30) * 1000
const OUT = join(dirname(fileURLToPath(import.meta.url)), '../out')

interface Context {
  dataset?: Dataset
  report?: Report
}

const directory = await mkdtemp(join(tmpdir(), 'uni-reload-demo-'))
try {
  const { report } = (await new Listr<Context>(
    [
      {
        title: 'Load the data',
        task: async (context) => {
          context.dataset = await loadDataset()
        },
      },
      {
        title: `Replace every plugin under load, for ${LAST_MS / 1000} s`,
        task: async (context, task) => {
          context.report = await runDemo({
            dataset: context.dataset as Dataset,
            directory,
            lastMs: LAST_MS,
            progress: (line) => {
              task.output = line
            },
          })
        },
        rendererOptions: { outputBar: 1 },
      },
    ],
    { fallbackRenderer: 'simple' },
  ).run()) as Required<Context>

  await mkdir(OUT, { recursive: true })
  await Promise.all([
    writeFile(join(OUT, 'report.json'), `${JSON.stringify(report, undefined, 2)}\n`),
    writeFile(join(OUT, 'report.html'), toHtml(report)),
  ])
  const broken = brokenPromises(report)
  process.stdout.write(`${toText(report)}\n\nThe whole report: ${join(OUT, 'report.json')} and report.html\n`)
  for (const promise of broken) process.stderr.write(`BROKEN: ${promise}\n`)
  process.exitCode = broken.length === 0 ? 0 : 1
} finally {
  await rm(directory, { recursive: true, force: true })
}
