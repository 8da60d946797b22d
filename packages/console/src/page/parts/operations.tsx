import type { Operation } from '../api.js'
import { duration, outcomeOf, PHASES } from '../text.js'
import { Timeline } from './timeline.js'
import { Verdicts } from './verdicts.js'
import { Why } from './why.js'

/** What was done, the last one first: each with its timeline, and with its verdicts or why it was refused. */
export function Operations({ operations }: { readonly operations: readonly Operation[] }) {
  return (
    <section aria-labelledby="operations">
      <h2 id="operations">What was done</h2>
      {operations.length === 0 && <p>Nothing yet.</p>}
      <ol class="operations">
        {operations.slice(0, 20).map((operation, at) => (
          <li key={operation.operation}>
            <details open={at === 0}>
              <summary>
                <span class={`state ${operation.state}`}>{outcomeOf(operation)}</span>{' '}
                <time dateTime={operation.startedAt}>{new Date(operation.startedAt).toLocaleTimeString()}</time>
                {operation.reports?.[0] !== undefined && (
                  <>
                    , in {duration(operation.reports[0].totalMs)}; writes waited for{' '}
                    {duration(operation.reports[0].pauseMs)}, the event loop for{' '}
                    {duration(operation.reports[0].blockedMs)}
                  </>
                )}
              </summary>
              <Timeline operation={operation} />
              <Phases operation={operation} />
              {operation.error !== undefined && <Why message={operation.error.message} error={operation.error} />}
              {operation.reports?.map((report) => (
                <Verdicts key={report.plugin} report={report} />
              ))}
              {operation.blockers !== undefined && (
                <p>
                  The old version is held by {operation.blockers.map(({ label }) => label).join(', ')}, and is closed
                  when that ends.
                </p>
              )}
            </details>
          </li>
        ))}
      </ol>
    </section>
  )
}

/** The timeline in words. */
function Phases({ operation }: { readonly operation: Operation }) {
  return (
    <details class="phases">
      <summary>Phase by phase</summary>
      <ol>
        {operation.phases.map(({ phase, ms, failed }, at) => (
          <li key={at}>
            {phase}: {PHASES[phase] ?? ''} ({ms === undefined ? 'goes on' : duration(ms)}
            {failed && ', failed'})
          </li>
        ))}
      </ol>
    </details>
  )
}
