import type { CatalogueEntry } from '../catalogue.js'
import { chat } from './contract.js'
import { lacksSend } from './lacks-send.js'
import { speaksAnotherProtocol } from './speaks-another-protocol.js'
import { chatV1 } from './v1.js'
import { chatV2 } from './v2.js'

export const chatEntry: CatalogueEntry = {
  id: 'chat',
  surface: chat.id,
  keys: ['lobby'],
  v1: chatV1,
  v2: chatV2,
  bad: () => [
    { plugin: speaksAnotherProtocol(), fault: 'speaks another protocol', code: 'SCHEMA_INCOMPAT', result: 'rejected' },
    { plugin: lacksSend(), fault: 'lacks the method send', code: 'PLUGIN', result: 'rejected' },
  ],
}
