import { hookHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { hookSubject } from '../../src/subjects/hook.js'

await declareMatrix(hookHandoff(), hookSubject)
