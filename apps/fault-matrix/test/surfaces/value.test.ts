import { memoryHandoff } from '@uni/reload-state'
import { declareMatrix } from '../../src/matrix.js'
import { lists, memorySubject } from '../../src/subjects/memory.js'

await declareMatrix(memoryHandoff(lists), memorySubject)
