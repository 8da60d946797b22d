import { useEffect, useState } from 'preact/hooks'
import type { Api, ResourceLine } from '../api.js'

interface Page {
  readonly resources: readonly ResourceLine[]
  readonly total: number
}

const SHOWN = 50

/** Live resources: how many are in each state, and those of one state, a page at a time. */
export function Resources({ api, states }: { readonly api: Api; readonly states: Readonly<Record<string, number>> }) {
  const [state, setState] = useState('')
  const [offset, setOffset] = useState(0)
  const [page, setPage] = useState<Page>({ resources: [], total: 0 })
  const counts = JSON.stringify(states)
  useEffect(() => {
    const query = `limit=${SHOWN}&offset=${offset}${state === '' ? '' : `&state=${state}`}`
    void api
      .get<Page>(`v1/resources?${query}`)
      .then(setPage)
      .catch(() => {})
  }, [api, state, offset, counts])
  return (
    <section aria-labelledby="resources">
      <h2 id="resources">Live resources</h2>
      <label for="state">State</label>{' '}
      <select
        id="state"
        value={state}
        onChange={(event) => {
          setState(event.currentTarget.value)
          setOffset(0)
        }}
      >
        <option value="">all ({Object.values(states).reduce((sum, count) => sum + count, 0)})</option>
        {['serving', 'copying', 'held', 'halted', 'stuck'].map((name) => (
          <option key={name} value={name}>
            {name} ({states[name] ?? 0})
          </option>
        ))}
      </select>
      <div class="scroll" tabIndex={0} role="region" aria-labelledby="resources">
        <table>
          <thead>
            <tr>
              <th scope="col">Resource</th>
              <th scope="col">Surface</th>
              <th scope="col">Plugin</th>
              <th scope="col">State</th>
              <th scope="col">Waiting</th>
            </tr>
          </thead>
          <tbody>
            {page.resources.map(({ surface, name, plugin, state: its, waiting }) => (
              <tr key={`${surface} ${name}`}>
                <th scope="row">{name}</th>
                <td>{surface}</td>
                <td>{plugin}</td>
                <td>
                  <span class={`state ${its}`}>{its}</span>
                </td>
                <td>{waiting}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page.total > SHOWN && (
        <p class="actions">
          <button type="button" disabled={offset === 0} onClick={() => setOffset(offset - SHOWN)}>
            Before
          </button>
          {offset + 1} to {Math.min(offset + SHOWN, page.total)} of {page.total}
          <button type="button" disabled={offset + SHOWN >= page.total} onClick={() => setOffset(offset + SHOWN)}>
            After
          </button>
        </p>
      )}
    </section>
  )
}
