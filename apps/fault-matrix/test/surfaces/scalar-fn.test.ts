import { scalarFnHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { scalarFnSubject } from '../../src/subjects/scalar-fn.js'

await declareMatrix(scalarFnHandoff(), scalarFnSubject)
