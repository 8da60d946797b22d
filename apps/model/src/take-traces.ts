import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { choose } from './choose.js'
import { MODELS, SHARED, type Model } from './model.js'
import { mustRun } from './run.js'
import { readTrace, type TraceFile } from './trace.js'

const TRACES = new URL('../../../packages/core/test/model/traces/', import.meta.url)

/** Random runs of each model that the traces are chosen from, and how many are. */
const RUNS = 1_000
const MOST = 50

/** Writes the traces of each model that the tests of the core replay. */
export async function takeTraces(models: readonly Model[]): Promise<void> {
  await mkdir(TRACES, { recursive: true })
  const shared = await readFile(`${MODELS}${SHARED}`, 'utf8')
  for (const { name, source } of models.filter(({ traced }) => traced)) {
    const runs = []
    for (let seed = 1; seed <= RUNS; seed += 1)
      runs.push(readTrace(seed, await mustRun('spin', ['-T', `-n${seed}`, '-DTRACE', `${name}.pml`], MODELS)))
    const traces = choose(runs, MOST)
    const digest = createHash('sha256').update(shared).update(source).digest('hex')
    await writeFile(new URL(`${name}.json`, TRACES), toJson({ digest, traces }))
    process.stdout.write(
      `${name}: ${traces.length} traces, ${traces.reduce((sum, { steps }) => sum + steps.length, 0)} steps\n`,
    )
  }
}

/** A line for each trace, so that a difference between two versions of the file can be read. */
function toJson({ digest, traces }: TraceFile): string {
  return `{"digest":${JSON.stringify(digest)},"traces":[\n${traces.map((trace) => JSON.stringify(trace)).join(',\n')}\n]}\n`
}
