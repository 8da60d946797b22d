import { logicalTypeHandoff } from '@uni/reload-logical-type'
import { declareMatrix } from '../../src/matrix.js'
import { logicalTypeSubject } from '../../src/subjects/logical-type.js'

await declareMatrix(logicalTypeHandoff(), logicalTypeSubject)
