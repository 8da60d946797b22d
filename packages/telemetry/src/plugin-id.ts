/** The id in `id@version`, as events name a plugin. An id may begin with `@`, and a label may have no version. */
export function pluginId(label: string): string {
  const at = label.lastIndexOf('@')
  return at > 0 ? label.slice(0, at) : label
}
