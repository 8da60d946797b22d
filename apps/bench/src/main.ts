import { fork } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { toMarkdown, toTable } from './markdown.js'
import { ASKED_TWICE, QUESTIONS } from './questions/index.js'
import type { Result } from './result.js'
import { besideDefaults, SHORT_PAUSES } from './short-pauses.js'

const ASK = fileURLToPath(new URL('ask.js', import.meta.url))
const OUT = new URL('../out/', import.meta.url)
const PAGE = new URL('../RESULTS.md', import.meta.url)

const all = Object.keys(QUESTIONS)
const selected = process.env['BENCH']?.split(',').map((id) => id.trim()) ?? all
const unknown = selected.filter((id) => !all.includes(id))
if (unknown.length > 0) throw new Error(`BENCH names ${unknown.join(', ')}. There are ${all.join(', ')}`)

await mkdir(OUT, { recursive: true })
const results: Result[] = []
const beganAt = performance.now()
for (const id of selected) {
  const startedAt = performance.now()
  const byDefault = ASKED_TWICE.has(id) ? await ask(id, [], async () => {}) : []
  const answers: Result[] = []
  await ask(id, ASKED_TWICE.has(id) ? SHORT_PAUSES : [], async (result) => {
    answers.push(...besideDefaults([result], byDefault))
    await writeFile(new URL('results.json', OUT), `${JSON.stringify([...results, ...answers], undefined, 2)}\n`)
  })
  results.push(...answers)
  process.stdout.write(`\n${id}, in ${secondsSince(startedAt)} s\n\n${toTable(answers)}\n`)
}
// The page has the numbers of one whole run, not of several.
if (selected.length === all.length) await writeFile(PAGE, toMarkdown(results, secondsSince(beganAt)))
process.stdout.write(`\n${fileURLToPath(new URL('results.json', OUT))}\n`)

function secondsSince(startedAt: number): number {
  return Math.round((performance.now() - startedAt) / 1000)
}

/** One question to a process: none pays for the garbage or the compiled code that another left behind. */
function ask(
  id: string,
  flags: readonly string[],
  onResult: (result: Result) => Promise<void>,
): Promise<readonly Result[]> {
  return new Promise((resolve, reject) => {
    const child = fork(ASK, [id], { execArgv: [...process.execArgv, ...flags] })
    const answers: Result[] = []
    let kept = Promise.resolve()
    child.on('message', (message) => {
      const result = message as Result
      answers.push(result)
      kept = kept.then(() => onResult(result))
      kept.catch(reject)
    })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      if (code === 0) kept.then(() => resolve(answers), reject)
      else reject(new Error(`measuring ${id} ended with ${signal ?? `exit code ${code}`}`))
    })
  })
}
