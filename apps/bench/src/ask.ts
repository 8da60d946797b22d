import { QUESTIONS } from './questions/index.js'
import type { Result } from './result.js'

const id = process.argv[2] ?? ''
const question = QUESTIONS[id]
if (question === undefined)
  throw new Error(`there is no question "${id}". There are ${Object.keys(QUESTIONS).join(', ')}`)
if (globalThis.gc === undefined) throw new Error('measuring needs node --expose-gc')

// Nobody waits for the answers any more.
process.once('disconnect', () => process.exit())
for await (const result of question()) await told(result)
process.exit()

function told(result: Result): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(result, () => resolve())
  })
}
