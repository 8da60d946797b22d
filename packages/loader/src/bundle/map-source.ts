/** The path that a source of a map names, which is a URL: all but plain characters are escaped in it. */
export function pathOfSource(source: string): string {
  return decodeURIComponent(source)
}
