import type { Plugin } from '@uni/reload-core'
import type { Digest } from './digest.js'

/** A plugin whose code was evaluated, ready for `host.add` and `host.reload`. */
export interface LoadedPlugin {
  readonly plugin: Plugin
  /** Of the bundle that was evaluated, as in `integrity`: `sha256-` and base64. */
  readonly digest: Digest
  /** Absolute path of the file that the plugin begins with. */
  readonly file: string
  /** Absolute paths of the files that went into the bundle, sorted. A change of one of them is a change of the plugin. */
  readonly inputs: readonly string[]
  /** What is not in the bundle, sorted. A reload does not replace it. */
  readonly externals: readonly External[]
}

/** What a bundle uses and does not contain. */
export type External =
  /** A module of Node, such as `node:fs`. */
  | { readonly kind: 'node'; readonly name: string }
  /** A package that the host shares, or a path below one: `yjs`, `@uni/reload-core/surfaces`. */
  | { readonly kind: 'shared'; readonly name: string }
  /** A native addon, loaded once a process from where it lies. */
  | { readonly kind: 'addon'; readonly name: string; readonly file: string }
