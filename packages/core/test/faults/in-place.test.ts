import { runStrategyConformance } from '@uni/reload-core/testing'
import { describe, it } from 'vitest'
import { boardHandoff, boardSubject } from '../fixtures/board.js'

describe('the fault matrix of resources that stay in place', async () => {
  await runStrategyConformance({ test: it, strategy: boardHandoff(), subject: boardSubject })
})
