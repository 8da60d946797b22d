import { checkModels } from './check-models.js'
import { modelsNamed } from './model.js'
import { refuseWithoutTools } from './tools.js'
import { takeTraces } from './take-traces.js'

/** `main.js check [model …]` or `main.js traces [model …]`. */
const [command, ...names] = process.argv.slice(2)
const models = await modelsNamed(names)
await refuseWithoutTools()
switch (command) {
  case 'check':
    process.exitCode = (await checkModels(models)) ? 0 : 1
    break
  case 'traces':
    await takeTraces(models)
    break
  default:
    throw new Error(`expected "check" or "traces", and found ${command ?? 'nothing'}`)
}
