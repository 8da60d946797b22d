import type { PluginHost, ReloadEvent } from '@uni/reload-core'

type WatchedHost = Pick<PluginHost, 'resources'>

/** Of a list of ten thousand halted resources, so many are named. */
const MAX_NAMED = 20

/** Whether a host does what it is there for: what is halted or stuck now, and which take-backs were stranded. */
export class Health {
  /** By plugin, until it is changed again. */
  readonly #stranded = new Map<string, string>()

  note(event: ReloadEvent): void {
    if (event.type === 'baked' && event.outcome === 'stranded') {
      for (const label of event.plugins) this.#stranded.set(idOf(label), label)
    }
    if (event.type === 'committed') for (const label of event.plugins) this.#stranded.delete(idOf(label))
  }

  problems(host: WatchedHost | undefined): string[] {
    if (host === undefined) return ['the host has not started yet']
    const out = host.resources().filter(({ state }) => state === 'halted' || state === 'stuck')
    const named = out.slice(0, MAX_NAMED).map(({ surface, name, plugin, state }) => {
      return `${surface} "${name}" of ${plugin} is ${state}`
    })
    if (out.length > named.length) named.push(`and ${out.length - named.length} more`)
    const stranded = [...this.#stranded.values()].map((label) => `${label} was to be taken back, and could not be`)
    return [...named, ...stranded]
  }
}

function idOf(label: string): string {
  const at = label.lastIndexOf('@')
  return at > 0 ? label.slice(0, at) : label
}
