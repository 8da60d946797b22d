import type { Plugin } from '@uni/reload-core'

/** What it hears, and how often it has looked, as long as it lives. */
export const feed = new EventTarget()
export const heard: string[] = []

const note = ({ type }: Event): void => {
  heard.push(type)
}
const refresh = (): void => {
  heard.push('refreshed')
}

export const quotes: Plugin = {
  manifest: { id: 'quotes', version: '1.0.0' },
  register() {},
  init({ lifetime, onDispose }) {
    feed.addEventListener('quote', note, { signal: lifetime })   // whatever takes a signal ends with the version
    const timer = setInterval(refresh, 60_000)
    onDispose(() => clearInterval(timer))                        // whatever does not
  },
}
