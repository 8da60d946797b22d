/**
 * The path that a source of a map names, which is a URL: all but plain characters are escaped in it. Maps that packages
 * have brought along may have sources that are none.
 */
export function pathOfSource(source: string): string {
  try {
    return decodeURIComponent(source)
  } catch {
    return source
  }
}
