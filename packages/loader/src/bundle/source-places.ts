import { LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { pathOfSource } from './map-source.js'

/** A place in a source. */
export interface SourcePosition {
  /** Relative to the folder that the bundle was made in. */
  readonly path: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 code units. */
  readonly column: number
}

/** Finds the sources of places in a bundle, by its source map. */
export class SourcePlaces {
  readonly #code: string
  readonly #map: string
  /** Most bundles have nothing whose source is asked for. */
  #read: TraceMap | undefined
  #line: { readonly number: number; readonly begin: number; readonly end: number }

  constructor(code: string, map: string) {
    this.#code = code
    this.#map = map
    this.#line = { number: 1, begin: 0, end: endOfLine(code, 0) }
  }

  /** @param index in the code; not before that of the last call. */
  of(index: number): SourcePosition {
    let { number, begin, end } = this.#line
    while (end < index) [number, begin, end] = [number + 1, end + 1, endOfLine(this.#code, end + 1)]
    this.#line = { number, begin, end }
    const place = { line: number, column: index - begin }
    const before = originalPositionFor(this.#trace, place)
    const found =
      before.source === null ? originalPositionFor(this.#trace, { ...place, bias: LEAST_UPPER_BOUND }) : before
    if (found.source === null) throw new Error(`line ${place.line} of the bundle is of no source`)
    return { path: pathOfSource(found.source), line: found.line, column: found.column + 1 }
  }

  get #trace(): TraceMap {
    return (this.#read ??= new TraceMap(this.#map))
  }

  /** What is in a source, or was when the bundle was made. */
  contentOf(path: string): string | undefined {
    const at = this.#trace.sources.findIndex((source) => source !== null && pathOfSource(source) === path)
    return this.#trace.sourcesContent?.[at] ?? undefined
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}
