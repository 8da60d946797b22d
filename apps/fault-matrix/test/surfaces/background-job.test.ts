import { backgroundJobHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { backgroundJobSubject } from '../../src/subjects/background-job.js'

await declareMatrix(backgroundJobHandoff(), backgroundJobSubject)
