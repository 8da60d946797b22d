// The code that is replaced: written, and written anew, while the process runs.
declare module '*/plugin.js' {
  export const version: number
  export function call(value: number): number
}

interface ImportMeta {
  /** Of dynohot, in what it has loaded. */
  readonly hot?: { accept(specifier: string, updated: () => void): void }
}
