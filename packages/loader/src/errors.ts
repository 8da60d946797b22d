/**
 * Why a plugin could not be loaded.
 *
 * - `SYNTAX` a file is no JavaScript or TypeScript; `TOP_LEVEL_AWAIT` it awaits at its top level; `BUNDLE` it cannot be
 *   bundled for another reason, such as an asset of an unknown sort.
 * - `MISSING_MODULE` an import leads nowhere; `MISSING_EXPORT` a module does not export what is imported from it.
 * - `SHARED` a package that the host shares does not fit, or a second copy of it would be bundled.
 * - `THREW` the plugin's module threw while it was evaluated.
 * - `EXPORT` the module does not export a plugin; `MANIFEST` the plugin's manifest is malformed.
 * - `OUTSIDE` the plugin reaches for a file outside of its folder.
 * - `NOT_FOUND` there is no plugin at that path, or no such version in the store.
 * - `INTEGRITY` the bytes are not those that were asked for; `SIGNATURE` they are not signed by a trusted key.
 * - `ARCHIVE` a packed plugin holds what it must not, or more than it may.
 * - `STORE` the store cannot be read or written, or what is in it is damaged.
 * - `ABORTED` the caller's signal fired.
 */
export type LoadErrorCode =
  | 'SYNTAX'
  | 'TOP_LEVEL_AWAIT'
  | 'BUNDLE'
  | 'MISSING_MODULE'
  | 'MISSING_EXPORT'
  | 'SHARED'
  | 'THREW'
  | 'EXPORT'
  | 'MANIFEST'
  | 'OUTSIDE'
  | 'NOT_FOUND'
  | 'INTEGRITY'
  | 'SIGNATURE'
  | 'ARCHIVE'
  | 'STORE'
  | 'ABORTED'

/** A place in a source file. */
export interface SourcePlace {
  /** Absolute path. */
  readonly file: string
  /** From 1. */
  readonly line?: number | undefined
  /** From 1, in UTF-16 code units. */
  readonly column?: number | undefined
}

export interface LoadErrorInit {
  /** Where it is wrong. */
  readonly place?: SourcePlace | undefined
  /** The lines around that place, with a mark below it. */
  readonly frame?: string | undefined
  /** `id` or `id@version` of the plugin, where it is known. */
  readonly plugin?: string | undefined
  /** What to do about it, as one sentence. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

const BRAND = Symbol.for('@uni/reload-loader/LoadError')

/** Why a plugin could not be loaded, and where. A load that fails changes nothing: the next one begins anew. */
export class LoadError extends Error {
  override readonly name = 'LoadError'
  readonly code: LoadErrorCode
  readonly file: string | undefined
  readonly line: number | undefined
  readonly column: number | undefined
  readonly frame: string | undefined
  readonly plugin: string | undefined
  readonly hint: string | undefined

  constructor(code: LoadErrorCode, reason: string, init: LoadErrorInit = {}) {
    super(composeMessage(code, reason, init), 'cause' in init ? { cause: init.cause } : undefined)
    this.code = code
    this.file = init.place?.file
    this.line = init.place?.line
    this.column = init.place?.column
    this.frame = init.frame
    this.plugin = init.plugin
    this.hint = init.hint
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Whether `error` is a `LoadError`, whichever copy of the package made it. */
  static is(error: unknown): error is LoadError {
    try {
      return typeof error === 'object' && error !== null && BRAND in error
    } catch {
      // Plugins throw anything, proxies among them.
      return false
    }
  }
}

function composeMessage(code: LoadErrorCode, reason: string, { place, frame, plugin, hint }: LoadErrorInit): string {
  const at = [plugin !== undefined && `plugin "${plugin}"`, place && placeText(place)].filter(Boolean).join(', ')
  return [
    `${code}${at === '' ? '' : ` (${at})`}: ${reason.replace(/[.\s]+$/, '')}.${hint === undefined ? '' : ` ${hint}`}`,
    ...(frame === undefined ? [] : ['', frame]),
  ].join('\n')
}

/** As terminals and editors make a link of it. */
function placeText({ file, line, column }: SourcePlace): string {
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(':')
}
