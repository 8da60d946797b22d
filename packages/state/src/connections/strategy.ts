import { inPlaceHandoff, type HandoffStrategy } from '@uni/reload-core'
import type { ConnectionsProvider } from './contract.js'
import type { ConnectionsSurface } from './surface.js'
import type { Roster } from './roster.js'

/** The discipline of connections: each stays open in place, and the new version serves it from the commit on. */
export function connectionsHandoff<C, M>(
  surface: ConnectionsSurface<C, M>,
): HandoffStrategy<ConnectionsProvider<C, M>, Roster<C, M>, M> {
  const strategy = inPlaceHandoff(surface, { view: (roster: Roster<C, M>, next) => roster.servedBy(next) })
  return {
    ...strategy,
    async checkCompat({ old, next, live }) {
      if (old.protocol === next.protocol) return { level: 'compatible' }
      let connected = 0
      for (const { use } of live) connected += await use((roster) => roster.connections.size)
      if (connected === 0) return { level: 'compatible' }
      const reason = `${connected} connected clients speak ${String(old.protocol)}, and not ${String(next.protocol)}`
      return { level: 'incompatible', reason }
    },
  }
}
