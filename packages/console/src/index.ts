import page from 'bundled:page'

/** A file of the console, as a server gives it. */
export interface ConsoleAsset {
  /** Its media type. */
  readonly type: string
  readonly body: string
}

/** The files of the console, by their paths below the one that it is served at: the option `console` of `Admin`. */
export const consoleAssets: ReadonlyMap<string, ConsoleAsset> = new Map([
  ['', { type: 'text/html; charset=utf-8', body: page.html }],
  ['console.js', { type: 'text/javascript; charset=utf-8', body: page.script }],
  ['console.css', { type: 'text/css; charset=utf-8', body: page.style }],
])
