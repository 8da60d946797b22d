import { useState } from 'preact/hooks'
import type { Handoff, Operation } from '../api.js'
import { duration, outcomeOf } from '../text.js'

const WIDTH = 900
const ROW = 18
const LABEL = 90
/** Handoffs that are drawn by themselves: those whose writes waited longest. The others are one row. */
const DRAWN = 12

interface Bar {
  readonly label: string
  readonly from: number
  readonly ms: number
  readonly kind: string
}

/** One operation, drawn as it happens: a bar for each phase, and below it the handoffs that held writes longest. */
export function Timeline({ operation }: { readonly operation: Operation }) {
  const [zoom, setZoom] = useState(1)
  const bars = [...phaseBars(operation), ...handoffBars(operation)]
  const end = Math.max(1, ...bars.map(({ from, ms }) => from + ms))
  const scale = ((WIDTH - LABEL) * zoom) / end
  const height = bars.length * ROW + 24
  const id = `zoom-${operation.operation}`
  return (
    <figure class="timeline">
      <div class="scroll" tabIndex={0} role="region" aria-label={`Timeline of operation ${operation.operation}`}>
        <svg
          role="img"
          aria-label={`${outcomeOf(operation)}: ${bars.map(({ label, ms }) => `${label} ${duration(ms)}`).join(', ')}`}
          width={LABEL + (WIDTH - LABEL) * zoom}
          height={height}
        >
          {bars.map(({ label, from, ms, kind }, at) => (
            <g key={at} transform={`translate(0 ${at * ROW})`}>
              <text x="0" y="12">
                {label}
              </text>
              <rect
                class={kind}
                x={LABEL + from * scale}
                y="3"
                width={Math.max(1.5, ms * scale)}
                height={ROW - 6}
                rx="2"
              >
                <title>{`${label}: ${duration(ms)}`}</title>
              </rect>
            </g>
          ))}
          <text class="axis" x={LABEL} y={height - 6}>
            0
          </text>
          <text class="axis" x={LABEL + end * scale} y={height - 6} text-anchor="end">
            {duration(end)}
          </text>
        </svg>
      </div>
      <figcaption>
        <label for={id}>Zoom</label>{' '}
        <input
          id={id}
          type="range"
          min="1"
          max="50"
          value={zoom}
          onInput={(event) => setZoom(Number(event.currentTarget.value))}
        />
      </figcaption>
    </figure>
  )
}

function phaseBars({ phases, startedAt }: Operation): Bar[] {
  const now = Date.now() - Date.parse(startedAt)
  return phases.map(({ phase, atMs, ms, failed }) => ({
    label: phase,
    from: atMs,
    ms: ms ?? Math.max(0, now - atMs),
    kind: failed === true ? 'failed' : ms === undefined ? 'running' : phase === 'converge' ? 'held' : 'phase',
  }))
}

function handoffBars({ phases, reports }: Operation): Bar[] {
  const converge = phases.find(({ phase }) => phase === 'converge')
  const all = reports?.flatMap(({ handoffs }) => handoffs) ?? []
  if (converge === undefined || all.length === 0) return []
  const slowest = [...all].sort((one, other) => other.pauseMs - one.pauseMs)
  const bar = ({ resource, pauseMs }: Handoff): Bar => ({
    label: resource.length > 12 ? `${resource.slice(0, 11)}…` : resource,
    from: converge.atMs,
    ms: pauseMs,
    kind: 'pause',
  })
  const others = slowest.slice(DRAWN)
  const rest: Bar[] =
    others.length === 0
      ? []
      : [{ label: `${others.length} more`, from: converge.atMs, ms: others[0]?.pauseMs ?? 0, kind: 'pause rest' }]
  return [...slowest.slice(0, DRAWN).map(bar), ...rest]
}
