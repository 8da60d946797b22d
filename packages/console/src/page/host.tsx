import { useState } from 'preact/hooks'
import type { Api } from './api.js'
import { Operations } from './parts/operations.js'
import { Plugins } from './parts/plugins.js'
import { Resources } from './parts/resources.js'
import { Vitals } from './parts/vitals.js'
import { useHost } from './use-host.js'

/** Everything about one host, as it is now. */
export function Host({ api, onLeave }: { readonly api: Api; readonly onLeave: () => void }) {
  const host = useHost(api, onLeave)
  const [said, setSaid] = useState('')
  return (
    <>
      <header>
        <h1>uni-reload</h1>
        <p role="status">
          <span class={`dot ${host.problems.length === 0 ? 'well' : 'unwell'}`} aria-hidden="true" />
          {host.connected
            ? host.problems.length === 0
              ? 'Everything serves'
              : host.problems.join('; ')
            : 'Connecting …'}
        </p>
        <button type="button" onClick={onLeave}>
          Leave
        </button>
      </header>
      <main>
        <p class="said" role="status" aria-live="polite">
          {said}
        </p>
        <Plugins api={api} plugins={host.plugins} onSaid={setSaid} />
        <Operations operations={host.operations} />
        <Resources api={api} states={host.states} />
        <Vitals samples={host.vitals} />
      </main>
    </>
  )
}
