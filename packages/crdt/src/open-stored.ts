import { ReloadError, Slices, type Opening } from '@uni/reload-core'
import { adviceOn } from './advice.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { compare } from './difference.js'
import { laterTurn } from './later-turn.js'
import { PLAIN, REDACTED } from './show.js'
import { closeQuietly, openState, UNCLAIMED, valueOf } from './state.js'

/** A document as a host stored it. */
export interface StoredDocument {
  /** What a person calls it. */
  readonly name: string
  readonly bytes: Uint8Array
  /** What `value()` gave when it was stored. */
  readonly value: unknown
}

export interface OpenStoredOptions {
  /** As of `crdtHandoff`. */
  readonly redact?: boolean | undefined
  /**
   * As `attach` gives it to `open`. A live document that the provider gives once more is then refused, and not closed,
   * whatever it says.
   */
  readonly opening?: Opening | undefined
}

/**
 * Opens a document that was at rest while its kind was reloaded, and holds it to what it meant when it was stored:
 * reloads judge the documents that are open, and no others. For `attach`:
 * `open: (kind, opening) => openStored(kind, stored, { opening })`.
 *
 * @throws ReloadError `SCHEMA_INCOMPAT` where it means something else now. What was opened is closed.
 */
export async function openStored(
  provider: CrdtKindProvider,
  { name, bytes, value }: StoredDocument,
  { redact = false, opening }: OpenStoredOptions = {},
): Promise<CrdtState> {
  const wording = redact ? REDACTED : PLAIN
  const opened = await openState(provider, bytes, opening ?? UNCLAIMED)
  try {
    // What a binding repairs, it repairs a turn later.
    await laterTurn()
    const difference = await new Slices().run(compare(value, valueOf(opened), wording), new AbortController().signal)
    if (difference === undefined) return opened
    const { path, before, after } = difference
    const reason = `stored document ${JSON.stringify(name)} reads differently: ${path}: ${before} → ${after}`
    throw new ReloadError('SCHEMA_INCOMPAT', reason, {
      surface: 'crdt-kind',
      key: provider.kind,
      resource: name,
      step: 'open',
      details: { state: name, check: 'read', difference },
      hint: `Do not write it back: ${adviceOn('read')}.`,
    })
  } catch (error) {
    await closeQuietly(opened)
    opening?.letGo(opened)
    throw error
  }
}
