/** What a bundle uses and does not contain. */
export type External =
  /** A module of Node, such as `node:fs`. */
  | { readonly kind: 'node'; readonly name: string }
  /** A module of a package that the host shares: `yjs`, `@uni/reload-core/surfaces`. */
  | { readonly kind: 'shared'; readonly name: string }
  /** A native addon, which Node loads once a process from where it lies: its path, relative to the plugin's root. */
  | { readonly kind: 'addon'; readonly name: string }
