import { useState } from 'preact/hooks'
import { Refusal, type Api, type PluginLine } from '../api.js'
import { duration } from '../text.js'
import { ReloadDialog } from './reload-dialog.js'

interface Props {
  readonly api: Api
  readonly plugins: readonly PluginLine[]
  readonly onSaid: (text: string) => void
}

/** Which versions are loaded, what holds them, and what can be done with them. */
export function Plugins({ api, plugins, onSaid }: Props) {
  const [reloading, setReloading] = useState<string | undefined>()
  const say = async (done: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
      onSaid(done)
    } catch (error) {
      onSaid(error instanceof Refusal ? error.message : 'The host cannot be reached.')
    }
  }
  const path = (id: string): string => `v1/plugins/${encodeURIComponent(id)}`
  return (
    <section aria-labelledby="plugins">
      <h2 id="plugins">Plugins</h2>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="plugins">
        <table>
          <thead>
            <tr>
              <th scope="col">Plugin</th>
              <th scope="col">Version</th>
              <th scope="col">Generation</th>
              <th scope="col">State</th>
              <th scope="col">After a crash</th>
              <th scope="col">Held by</th>
              <th scope="col">Do</th>
            </tr>
          </thead>
          <tbody>
            {plugins.map((plugin) => (
              <tr key={`${plugin.id} ${plugin.generation} ${plugin.state}`}>
                <th scope="row">{plugin.id}</th>
                <td>{plugin.version}</td>
                <td>{plugin.generation}</td>
                <td>
                  <span class={`state ${plugin.state}`}>{plugin.state}</span>
                </td>
                <td>{plugin.permanent ? 'this version' : 'the one before it'}</td>
                <td>
                  <Holding plugin={plugin} />
                </td>
                <td>
                  <div class="actions">
                    {plugin.state !== 'retired' && (
                      <button type="button" onClick={() => setReloading(plugin.id)}>
                        Reload {plugin.id} …
                      </button>
                    )}
                    {plugin.state === 'baking' && (
                      <>
                        <button
                          type="button"
                          onClick={() =>
                            void say(`${plugin.id} was taken back`, () => api.post(`${path(plugin.id)}/take-back`, {}))
                          }
                        >
                          Take {plugin.id} back
                        </button>
                        <button
                          type="button"
                          onClick={() =>
                            void say(`${plugin.id} is permanent`, () =>
                              api.post(`${path(plugin.id)}/make-permanent`, {}),
                            )
                          }
                        >
                          Make {plugin.id} permanent
                        </button>
                      </>
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {reloading !== undefined && (
        <ReloadDialog api={api} id={reloading} onSaid={onSaid} onClose={() => setReloading(undefined)} />
      )}
    </section>
  )
}

function Holding({ plugin: { heldBy, holding, state } }: { readonly plugin: PluginLine }) {
  if (holding === 0) return state === 'retired' ? <>being closed</> : <>nothing</>
  const longest = [...heldBy].sort((one, other) => other.ageMs - one.ageMs).slice(0, 20)
  return (
    <details>
      <summary>
        {holding} {holding === 1 ? 'lease' : 'leases'}, the oldest for {duration(longest[0]?.ageMs ?? 0)}
      </summary>
      <ul>
        {longest.map(({ label, ageMs }, at) => (
          <li key={at}>
            {label}, for {duration(ageMs)}
          </li>
        ))}
      </ul>
    </details>
  )
}
