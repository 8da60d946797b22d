import { middlewareHandoff } from '@uni/reload-core/surfaces'
import { declareMatrix } from '../../src/matrix.js'
import { middlewareSubject } from '../../src/subjects/middleware.js'

await declareMatrix(middlewareHandoff(), middlewareSubject)
