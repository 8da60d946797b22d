import type { Report } from '../api.js'

const SAYS: Readonly<Record<string, string>> = {
  compatible: 'goes on as it is',
  migrate: 'goes on, as something else',
  unjudged: 'there was nothing to compare it by',
  incompatible: 'does not go on',
  accepted: 'would not go on, and was accepted',
}

/** What was judged of each key, and which keys come and go. */
export function Verdicts({ report }: { readonly report: Report }) {
  const { added, compat, removed } = report
  return (
    <ul class="verdicts">
      {compat.map(({ surface, key, resource, verdict }, at) => (
        <li key={at} class={verdict.level}>
          <code>
            {surface} "{key}"
          </code>
          {resource !== undefined && <>, resource "{resource}"</>}: {SAYS[verdict.level] ?? verdict.level}
          {verdict.reason !== undefined && <>: {verdict.reason}</>}
        </li>
      ))}
      {removed.map(({ surface, key }) => (
        <li key={`removed ${surface} ${key}`} class="unjudged">
          <code>
            {surface} "{key}"
          </code>
          : is gone
        </li>
      ))}
      {added.map(({ surface, key }) => (
        <li key={`added ${surface} ${key}`} class="compatible">
          <code>
            {surface} "{key}"
          </code>
          : is new
        </li>
      ))}
    </ul>
  )
}
