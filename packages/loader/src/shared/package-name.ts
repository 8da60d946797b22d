/** `yjs` of `yjs/dist/yjs.mjs`, and `@uni/reload-core` of `@uni/reload-core/surfaces`. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}
