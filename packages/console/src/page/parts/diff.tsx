interface Values {
  readonly before: unknown
  readonly after: unknown
}

/** Details of a refusal that has two values: what the old version makes of something, and what the new one does. */
export function diffOf(details: unknown): Values | undefined {
  if (typeof details !== 'object' || details === null) return undefined
  const found = details as Record<string, unknown>
  for (const [before, after] of [
    ['before', 'after'],
    ['expected', 'actual'],
    ['old', 'next'],
    ['old', 'new'],
  ] as const) {
    if (before in found && after in found) return { before: found[before], after: found[after] }
  }
  return undefined
}

/** Two values, line by line: what only the first has, and what only the second has. */
export function Diff({ before, after }: Values) {
  const [old, next] = [linesOf(before), linesOf(after)]
  const [inOld, inNext] = [new Set(old), new Set(next)]
  return (
    <div class="diff" role="group" aria-label="What differs">
      <pre aria-label="The old version has">
        {old.map((line, at) => (
          <span key={at} class={inNext.has(line) ? '' : 'removed'}>
            {`${inNext.has(line) ? ' ' : '−'} ${line}\n`}
          </span>
        ))}
      </pre>
      <pre aria-label="The new version has">
        {next.map((line, at) => (
          <span key={at} class={inOld.has(line) ? '' : 'added'}>
            {`${inOld.has(line) ? ' ' : '+'} ${line}\n`}
          </span>
        ))}
      </pre>
    </div>
  )
}

function linesOf(value: unknown): string[] {
  return (typeof value === 'string' ? value : (JSON.stringify(value, undefined, 2) ?? String(value))).split('\n')
}
