import type { ErrorLine } from '../api.js'
import { Diff, diffOf } from './diff.js'

/** Why something was refused, as the host says it; two versions of a value as a diff. */
export function Why({ message, error }: { readonly message: string; readonly error: ErrorLine | undefined }) {
  const diff = diffOf(error?.details)
  return (
    <div class="why">
      <p class="unwell">Refused: nothing was changed.</p>
      <p>{message}</p>
      {diff !== undefined && <Diff {...diff} />}
      {diff === undefined && error?.details !== undefined && (
        <details>
          <summary>Particulars</summary>
          <pre>{JSON.stringify(error.details, undefined, 2)}</pre>
        </details>
      )}
    </div>
  )
}
