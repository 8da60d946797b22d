import type { Plugin } from '@uni/reload-core'
import type { AuditEntry } from './access/audit.js'

/** Where the code of a plugin is taken from: a path that a caller names, or a package that a caller sends. */
export type PluginSource =
  | { readonly kind: 'path'; readonly path: string }
  /** The bytes of a `.tgz`. */
  | { readonly kind: 'package'; readonly bytes: Uint8Array }

/** What is needed for callers to change anything. */
export interface WritingOptions {
  /**
   * Loads a plugin. It decides which paths may be named: `pluginLoader` of `@uni/reload-admin/node` takes those below
   * one folder.
   */
  readonly load: (source: PluginSource, signal: AbortSignal) => Promise<Plugin>
  /** Told of each call that changes something, or tries to, when it is over: `auditFile` of `@uni/reload-admin/node`. */
  readonly audit: (entry: AuditEntry) => void | Promise<void>
  /** How large a package may be, in bytes. Default 64 MiB. */
  readonly maxPackageBytes?: number | undefined
}

export interface AdminOptions {
  /** What callers have to send. At least 32 characters: `adminToken` of `@uni/reload-admin/node` makes one. */
  readonly token: string
  /** Absent: callers may look, and change nothing. */
  readonly writing?: WritingOptions | undefined
  /** The path that it is mounted at, such as `/admin`. Default: `/`. */
  readonly basePath?: string | undefined
  /** The names by which the host may be addressed, without a port. Default: `localhost`, `127.0.0.1`, `[::1]`. */
  readonly hosts?: readonly string[] | undefined
  /** Origins of pages that may call it, besides its own. Default: none. */
  readonly origins?: readonly string[] | undefined
  /** What `GET /metrics` answers: `PrometheusMetrics` of `@uni/reload-telemetry/prometheus`. */
  readonly metrics?: MetricsSource | undefined
  /** A page that shows all of it: `consoleAssets` of `@uni/reload-console`. */
  readonly console?: ReadonlyMap<string, ConsoleAsset> | undefined
  /**
   * What is told of the process once a second, while somebody follows: numbers by name. `processVitals` of
   * `@uni/reload-admin/node` has the event loop and the heap; add latencies and lags of the host's own.
   */
  readonly vitals?: (() => Readonly<Record<string, number>>) | undefined
  /** How many events are kept for those who come back. Default 10,000. */
  readonly keptEvents?: number | undefined
  /** How many may follow the events at a time. Default 100. */
  readonly maxFollowers?: number | undefined
  /** Milliseconds in which the body of a request has to arrive. Default 30,000. */
  readonly bodyMs?: number | undefined
}

/** Metrics in the text format of Prometheus. */
export interface MetricsSource {
  text(): Promise<string>
  readonly registry: { readonly contentType: string }
}

/** A file of the console. */
export interface ConsoleAsset {
  /** Its media type. */
  readonly type: string
  readonly body: string
}
