import { useEffect, useState } from 'preact/hooks'
import { Refusal, type Api, type HostEvent, type Operation, type PluginLine } from './api.js'

/** What a host tells of its process, once a second. */
export interface Sample {
  readonly at: number
  readonly values: Readonly<Record<string, number>>
}

export interface HostState {
  readonly connected: boolean
  readonly plugins: readonly PluginLine[]
  readonly operations: readonly Operation[]
  /** How many live resources are in each state. */
  readonly states: Readonly<Record<string, number>>
  readonly problems: readonly string[]
  readonly vitals: readonly Sample[]
}

const NOTHING: HostState = { connected: false, plugins: [], operations: [], states: {}, problems: [], vitals: [] }
const KEPT_SAMPLES = 600
/** Milliseconds from a first event to what is read again for it and for all that come meanwhile. */
const GATHER_MS = 60
const RETRY_MS = 1000

/** Follows a host: what its events change is read again. */
export function useHost(api: Api, onUnknownToken: () => void): HostState {
  const [state, setState] = useState(NOTHING)
  useEffect(() => {
    const leaving = new AbortController()
    const { signal } = leaving
    let timer: number | undefined
    const read = async (): Promise<void> => {
      timer = undefined
      const [{ plugins }, { operations }, { states }, health] = await Promise.all([
        api.get<{ plugins: PluginLine[] }>('v1/plugins'),
        api.get<{ operations: Operation[] }>('v1/operations'),
        api.get<{ states: Record<string, number> }>('v1/resources?limit=1'),
        fetch('health/ready', { signal }).then((answer) => answer.json() as Promise<{ problems: string[] }>),
      ])
      if (signal.aborted) return
      setState((now) => ({ ...now, connected: true, plugins, operations, states, problems: health.problems }))
    }
    const soon = (): void => {
      timer ??= window.setTimeout(() => void read().catch(() => {}), GATHER_MS)
    }
    const told = ({ type, data }: HostEvent): void => {
      if (type !== 'vitals') {
        soon()
        return
      }
      const sample: Sample = { at: Date.now() / 1000, values: data as Record<string, number> }
      setState((now) => ({ ...now, vitals: [...now.vitals, sample].slice(-KEPT_SAMPLES) }))
    }
    const follow = async (): Promise<void> => {
      let last: string | undefined
      while (!signal.aborted) {
        try {
          soon()
          for await (const event of api.events(last, signal)) {
            last = event.id ?? last
            told(event)
          }
        } catch (error) {
          if (error instanceof Refusal && error.status === 401) {
            onUnknownToken()
            return
          }
        }
        if (!signal.aborted) setState((now) => ({ ...now, connected: false }))
        await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS))
      }
    }
    void follow()
    return () => {
      leaving.abort()
      window.clearTimeout(timer)
    }
  }, [api])
  return state
}
