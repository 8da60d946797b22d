import type { Plugin } from '@uni/reload-core'
import { chat } from './contract.js'
import { ChatV2 } from './v2.js'

/** Would answer those who are connected in a way that they do not understand. */
export function speaksAnotherProtocol(): Plugin {
  return {
    manifest: { id: 'chat', version: '3.0.0', capabilities: [chat.id] },
    register: (registrar) => {
      registrar.provide(chat, new SpeaksAnotherProtocol())
    },
  }
}

class SpeaksAnotherProtocol extends ChatV2 {
  override readonly version = '3.0.0'
  override readonly protocol = 'chat.2'
}
