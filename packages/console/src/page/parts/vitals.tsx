import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Sample } from '../use-host.js'

/** What the host tells of itself once a second, a plot for each: the event loop, the heap, and what else it has. */
export function Vitals({ samples }: { readonly samples: readonly Sample[] }) {
  const names = Object.keys(samples.at(-1)?.values ?? {})
  if (names.length === 0) return null
  return (
    <section aria-labelledby="vitals">
      <h2 id="vitals">As it goes</h2>
      <div class="plots">
        {names.map((name) => (
          <Plot key={name} name={name} samples={samples} />
        ))}
      </div>
    </section>
  )
}

function Plot({ name, samples }: { readonly name: string; readonly samples: readonly Sample[] }) {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  useEffect(() => {
    if (element.current === null) return
    const style = getComputedStyle(element.current)
    const axis = { stroke: style.color, grid: { stroke: style.getPropertyValue('--line') } }
    plot.current = new uPlot(
      {
        width: 420,
        height: 160,
        legend: { show: false },
        cursor: { show: false },
        axes: [axis, { ...axis, size: 60 }],
        series: [{}, { stroke: style.getPropertyValue('--accent'), width: 1.5 }],
      },
      [[], []],
      element.current,
    )
    return () => plot.current?.destroy()
  }, [])
  useEffect(() => {
    plot.current?.setData([samples.map(({ at }) => at), samples.map(({ values }) => values[name] ?? null)])
  }, [samples, name])
  const last = samples.at(-1)?.values[name]
  return (
    <figure>
      <figcaption>
        {name}: <output>{last === undefined ? '' : last.toFixed(1)}</output>
      </figcaption>
      <div ref={element} role="img" aria-label={`${name} over the last minutes`} />
    </figure>
  )
}
