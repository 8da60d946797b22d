import { declareMatrix } from '../../src/matrix.js'
import { hostedCrdtStrategy, hostedCrdtSubject } from '../../src/subjects/crdt-kind.js'

await declareMatrix(hostedCrdtStrategy, hostedCrdtSubject)
