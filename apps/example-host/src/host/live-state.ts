import type { LiveResource, PluginHost } from '@uni/reload-core'
import { openHub, openMemory, openTimers, PerKey, type Hub, type Memory, type Timers } from '@uni/reload-state'
import { chat, type ChatSocket } from '../plugins/chat/contract.js'
import { drafts, type Draft } from '../plugins/drafts/contract.js'
import { reminders, type Reminder } from '../plugins/reminders/contract.js'
import { visits, type Visit, type Visits } from '../plugins/visits/contract.js'

interface Parts {
  readonly visits: LiveResource<Memory<Visits, Visit>, Visit>
  readonly chat: Hub<ChatSocket, string>
  readonly reminders: Timers<Reminder>
}

/** What the host has in memory, and its plugins look after: gone when the process ends, and kept by every reload. */
export class LiveState implements AsyncDisposable {
  readonly visits: LiveResource<Memory<Visits, Visit>, Visit>
  readonly chat: Hub<ChatSocket, string>
  readonly reminders: Timers<Reminder>
  /** Opened by name; the last that closes a draft has it saved. */
  readonly drafts: PerKey<unknown, Memory<Draft, string>, string>
  readonly savedDrafts = new Map<string, unknown>()

  private constructor(host: PluginHost, parts: Parts) {
    this.visits = parts.visits
    this.chat = parts.chat
    this.reminders = parts.reminders
    this.drafts = new PerKey(host, drafts, {
      key: 'draft',
      open: (provider, name) => {
        const image = this.savedDrafts.get(name)
        return openMemory<Draft, string>(image === undefined ? undefined : { image })(provider)
      },
      save: (draft, name) => {
        this.savedDrafts.set(name, draft.image())
      },
    })
  }

  /** @param onError told of what a plugin throws for a connection or a timer. */
  static async open(host: PluginHost, onError: (error: unknown) => void): Promise<LiveState> {
    return new LiveState(host, {
      visits: await host.attach(visits, { name: 'visits', key: 'visits', open: openMemory() }),
      chat: await openHub(host, chat, { name: 'lobby', key: 'lobby', onError }),
      reminders: await openTimers(host, reminders, { name: 'reminders', key: 'reminders', onError }),
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reminders.close()
    await this.chat.close()
    await this.drafts.closeAll()
  }
}
