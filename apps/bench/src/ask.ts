import { QUESTIONS } from './questions/index.js'
import type { Answers, Result } from './result.js'

const id = process.argv[2] ?? ''
const question = QUESTIONS[id]
if (question === undefined) throw new Error(`there is no question "${id}". There are ${Object.keys(QUESTIONS).join(', ')}`)
if (globalThis.gc === undefined) throw new Error('measuring needs node --expose-gc')

// Nobody waits for the answers any more.
process.once('disconnect', () => process.exit())
const results: Result[] = []
for await (const result of question()) results.push(result)
const answers: Answers = { results }
process.send?.(answers, () => process.exit())
