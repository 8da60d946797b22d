/** Milliseconds as people read them. */
export function duration(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`
}

const DONE: Readonly<Record<string, string>> = {
  install: 'was installed',
  reload: 'serves',
  remove: 'was removed',
  'take-back': 'was taken back',
}

/** What became of an operation, as a person would say it. */
export function outcomeOf(operation: { kind: string; plugins: readonly string[]; state: string }): string {
  const plugins = operation.plugins.join(', ')
  switch (operation.state) {
    case 'running':
      return `${plugins} is on its way`
    case 'dry-run':
      return `${plugins} would serve`
    case 'failed':
      return `${plugins} was refused: nothing was changed`
    default:
      return `${plugins} ${DONE[operation.kind] ?? 'serves'}`
  }
}

export const PHASES: Readonly<Record<string, string>> = {
  validate: 'looks at what is asked for',
  stage: 'registers and initializes the new version',
  preflight: 'judges it by what is there',
  fence: 'takes the old version out of service',
  prepare: 'copies what is live; the old version serves',
  converge: 'holds writes, and brings over the last ones',
  commit: 'the new version serves',
  drain: 'waits for what has begun with the old version',
  finalize: 'closes the old version',
  rollback: 'gives everything back to the old version',
}
