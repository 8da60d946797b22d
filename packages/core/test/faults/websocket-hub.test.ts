import { runStrategyConformance } from '@uni/reload-core/testing'
import { describe, it } from 'vitest'
import { hubSubject } from '../fixtures/hub-subject.js'
import { websocketHubHandoff } from '../fixtures/websocket-hub.js'

describe('the fault matrix of the hub', async () => {
  await runStrategyConformance({ test: it, strategy: websocketHubHandoff(), subject: hubSubject })
})
