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

/** A module that exports a plugin, which provides it. */
export function pluginOf(version: number): string {
  return `import { scalarFn } from '@uni/reload-core/surfaces'
${bodyOf(version)}export default {
  manifest: { id: 'code', version: '${version}.0.0' },
  register(registrar) {
    registrar.provide(scalarFn, { name: 'call', call: (value) => (value === undefined ? version : call(Number(value))) })
  },
}
`
}

/** @throws Error where `code` is not that version: it would have been measured for nothing. */
export function assertServes(code: Code, version: number): void {
  const sum = code.call(version)
  if (code.version !== version || sum !== 2 * version)
    throw new Error(`version ${version} was loaded, and version ${code.version} answers ${sum}`)
}
