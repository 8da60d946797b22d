import { serviceHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { serviceSubject } from '../../src/subjects/service.js'

await declareMatrix(serviceHandoff(), serviceSubject)
