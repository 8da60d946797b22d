import { ReloadError, Slices, type Opening } from '@uni/reload-core'
import { adviceOn } from './advice.js'
import type { CrdtKindProvider, CrdtState } from './contract.js'
import { compare } from './difference.js'
import { laterTurn } from './later-turn.js'
import { PLAIN, REDACTED } from './show.js'
import { closeQuietly, openState, UNCLAIMED, valueOf } from './state.js'

/** A document as a host stored it. */
export interface StoredDocument {
  /** Its name in messages. */
  readonly name: string
  readonly bytes: Uint8Array
  /** The result of `value()` when it was stored. */
  readonly value: unknown
}

export interface OpenStoredOptions {
  /** As in `crdtHandoff`. */
  readonly redact?: boolean | undefined
  /**
   * From the `open` of `attach`. With it, a live document that the provider returns once more is refused, and not
   * closed.
   */
  readonly opening?: Opening | undefined
}

/**
 * Opens a document that was stored while its kind was reloaded, and compares it with its value then: a reload judges
 * only the documents that are open. For `attach`: `open: (kind, opening) => openStored(kind, stored, { opening })`.
 *
 * @throws ReloadError `SCHEMA_INCOMPAT` where the value differs; the document is closed.
 */
export async function openStored(
  provider: CrdtKindProvider,
  { name, bytes, value }: StoredDocument,
  { redact = false, opening }: OpenStoredOptions = {},
): Promise<CrdtState> {
  const wording = redact ? REDACTED : PLAIN
  const opened = await openState(provider, bytes, opening ?? UNCLAIMED)
  try {
    // A binding repairs a document in a later turn.
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
