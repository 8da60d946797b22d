import { aggregateFnHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { aggregateFnSubject } from '../../src/subjects/aggregate-fn.js'

await declareMatrix(aggregateFnHandoff(), aggregateFnSubject)
