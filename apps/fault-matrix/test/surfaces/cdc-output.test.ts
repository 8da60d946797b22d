import { cdcHandoff } from '@uni/reload-cdc'
import { declareMatrix } from '../../src/matrix.js'
import { cdcOutputSubject } from '../../src/subjects/cdc-output.js'

await declareMatrix(cdcHandoff(), cdcOutputSubject)
