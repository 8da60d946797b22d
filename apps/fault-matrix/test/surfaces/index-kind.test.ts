import { indexHandoff } from '@uni/reload-index'
import { declareMatrix } from '../../src/matrix.js'
import { indexKindSubject } from '../../src/subjects/index-kind.js'

await declareMatrix(indexHandoff(), indexKindSubject)
