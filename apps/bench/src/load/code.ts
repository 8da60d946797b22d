/** What each version of the code gives. */
export interface Code {
  readonly version: number
  call(value: number): number
}

/** As much code as a small plugin has: some ten kilobytes. */
const FUNCTIONS = 100

/** The text of a version, without what makes it a module or a function. */
function bodyOf(version: number): string {
  const functions = Array.from(
    { length: FUNCTIONS },
    (_, at) =>
      `  (value) => { const shifted = value + ${at}; return { at: ${at}, text: 'function ${at}', sum: shifted - ${at} + ${version} } },`,
  )
  return `const version = ${version}\nconst functions = [\n${functions.join('\n')}\n]\nfunction call(value) { return functions[value % ${FUNCTIONS}](value).sum }\n`
}

export function moduleOf(version: number): string {
  return `${bodyOf(version)}export { version, call }\n`
}

/** The body of a function that returns what a module exports. */
export function functionOf(version: number): string {
  return `${bodyOf(version)}return { version, call }\n`
}

/** @throws Error where `code` is not that version: it would have been measured for nothing. */
export function assertServes(code: Code, version: number): void {
  const sum = code.call(version)
  if (code.version !== version || sum !== 2 * version)
    throw new Error(`version ${version} was loaded, and version ${code.version} answers ${sum}`)
}
