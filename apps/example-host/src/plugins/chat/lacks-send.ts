import type { Plugin } from '@uni/reload-core'
import { chat } from './contract.js'

/** Leaves out a method of the contract, as a plugin in plain JavaScript may. */
export function lacksSend(): Plugin {
  return {
    manifest: { id: 'chat', version: '3.0.0', capabilities: [chat.id] },
    register: (registrar) => {
      registrar.provide(chat, new LacksSend() as never)
    },
  }
}

class LacksSend {
  readonly version = '3.0.0'
  readonly name = 'lobby'
  readonly protocol = 'chat.1'

  received(): void {}
}
