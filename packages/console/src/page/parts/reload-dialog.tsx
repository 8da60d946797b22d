import { useEffect, useRef, useState } from 'preact/hooks'
import { Refusal, type Api, type ReloadAnswer } from '../api.js'
import { Verdicts } from './verdicts.js'
import { Why } from './why.js'

interface Props {
  readonly api: Api
  readonly id: string
  readonly onSaid: (text: string) => void
  readonly onClose: () => void
}

/** Tries a reload, and does it: by a path on the host's side, or by a package, which is sent. */
export function ReloadDialog({ api, id, onSaid, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const form = useRef<HTMLFormElement>(null)
  const [tried, setTried] = useState<ReloadAnswer | undefined>()
  const [refusal, setRefusal] = useState<Refusal | undefined>()
  const [busy, setBusy] = useState('')
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  const call = async (dryRun: boolean): Promise<void> => {
    if (form.current?.reportValidity() !== true) return
    const given = new FormData(form.current)
    const minutes = Number(given.get('bake'))
    const options = { dryRun, cutover: given.get('cutover'), ...(minutes > 0 && { bakeMs: minutes * 60_000 }) }
    const path = `v1/plugins/${encodeURIComponent(id)}/reload`
    const file = given.get('file')
    setBusy(dryRun ? 'Trying it …' : 'Reloading …')
    setTried(undefined)
    setRefusal(undefined)
    try {
      const answer =
        file instanceof File && file.size > 0
          ? await api.send<ReloadAnswer>(path, file, options)
          : await api.post<ReloadAnswer>(path, { path: given.get('path'), ...options })
      if (answer.status === 'dry-run') setTried(answer)
      else {
        onSaid(`${answer.plugin} serves`)
        onClose()
      }
    } catch (error) {
      setRefusal(error instanceof Refusal ? error : new Refusal(0, 'The host cannot be reached.', undefined))
    } finally {
      setBusy('')
    }
  }
  return (
    <dialog ref={dialog} aria-labelledby="reload-title" onClose={onClose}>
      <h2 id="reload-title">Reload {id}</h2>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault()
          void call(false)
        }}
      >
        <label for="path">Path below the host's folder of plugins</label>
        <input id="path" name="path" autocomplete="off" />
        <label for="file">or a package (.tgz)</label>
        <input id="file" name="file" type="file" accept=".tgz" />
        <label for="cutover">Cutover</label>
        <select id="cutover" name="cutover">
          <option value="overlap">overlap: the old version serves until the commit</option>
          <option value="exclusive">exclusive: the old version is closed first</option>
        </select>
        <label for="bake">Can be taken back for so many minutes</label>
        <input id="bake" name="bake" type="number" min="0" max="1440" value="10" />
        <div class="actions">
          <button type="button" disabled={busy !== ''} onClick={() => void call(true)}>
            Try it
          </button>
          <button type="submit" disabled={busy !== ''}>
            Reload
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
      <div role="status" aria-live="polite">
        {busy}
        {tried !== undefined && (
          <>
            <p class="well">{tried.plugin} would serve.</p>
            <Verdicts report={tried.report} />
          </>
        )}
        {refusal !== undefined && <Why message={refusal.message} error={refusal.error} />}
      </div>
    </dialog>
  )
}
