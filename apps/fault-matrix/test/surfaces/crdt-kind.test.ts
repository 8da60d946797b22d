import { crdtHandoff } from '@uni/reload-crdt'
import { declareMatrix } from '../../src/matrix.js'
import { crdtKindSubject } from '../../src/subjects/crdt-kind.js'

// What repeats shows nothing new: one sample is as good as all of them.
await declareMatrix(crdtHandoff({ sampleLimit: 1 }), crdtKindSubject)
