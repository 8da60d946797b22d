import {
  ASYNC_DISPOSE,
  PluginHost,
  type HandoffStrategy,
  type Plugin,
  type PluginHandle,
  type ReloadOptions,
  type ReloadResult,
} from '@uni/reload-core'
import { ManualClock } from '@uni/reload-core/testing'
import { logicalType, type LogicalTypeProvider } from '../contract.js'

/** The deadline of a check in milliseconds, by a clock that only a case advances. */
export const DEADLINE_MS = 100

/** A plugin that counts how often it was initialised and shut down. */
export class CountedPlugin implements Plugin {
  readonly manifest: { readonly id: string; readonly version: string }
  readonly provider: LogicalTypeProvider
  inits = 0
  shutdowns = 0

  constructor(version: string, provider: LogicalTypeProvider, id = 'conformance') {
    this.manifest = { id, version }
    this.provider = provider
  }

  register(registrar: Parameters<Plugin['register']>[0]): void {
    registrar.provide(logicalType, this.provider)
  }

  init(): void {
    this.inits += 1
  }

  shutdown(): void {
    this.shutdowns += 1
  }
}

/** A real host that serves one version of the type. */
export class Hosted implements AsyncDisposable {
  readonly host: PluginHost
  readonly clock: ManualClock
  readonly old: CountedPlugin
  readonly handle: PluginHandle

  private constructor(host: PluginHost, clock: ManualClock, old: CountedPlugin, handle: PluginHandle) {
    this.host = host
    this.clock = clock
    this.old = old
    this.handle = handle
  }

  static async start(strategy: HandoffStrategy<LogicalTypeProvider>, provider: LogicalTypeProvider): Promise<Hosted> {
    const clock = new ManualClock()
    const host = new PluginHost({ strategies: [strategy], clock, timeouts: { preflight: DEADLINE_MS } })
    const old = new CountedPlugin('1.0.0', provider)
    return new Hosted(host, clock, old, await host.add(old))
  }

  reload(next: CountedPlugin, options?: ReloadOptions): Promise<ReloadResult> {
    return this.host.reload(this.handle, next, options)
  }

  serving(): LogicalTypeProvider | undefined {
    using lease = this.host.capture()
    return lease.find(logicalType, this.old.provider.name)
  }

  [ASYNC_DISPOSE](): Promise<void> {
    return this.host[ASYNC_DISPOSE]()
  }
}
