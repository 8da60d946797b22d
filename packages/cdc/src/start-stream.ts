import type { CdcOutputProvider, CdcPrepareContext, CdcPrepared, CdcStartContext, CdcStream } from './contract.js'
import { CdcError, show } from './errors.js'
import { follow } from './progress.js'

const METHODS = ['deliver', 'checkpoint', 'shutdown'] as const

/**
 * Starts a stream, and follows it from its first batch on. For the `open` of `attach`, so that the LSN that the stream
 * started at is known: `open: (provider) => startStream(provider, { stream, fromLsn, signal })`.
 *
 * @throws CdcError `STREAM` where the provider returns something that is no stream; that is shut down if it can be.
 */
export async function startStream(
  provider: Pick<CdcOutputProvider, 'start'>,
  ctx: CdcStartContext,
): Promise<CdcStream> {
  const stream: unknown = await provider.start(ctx)
  const missing = missingMethods(stream)
  if (missing.length > 0) {
    await shutDownMisfit(stream)
    throw new CdcError(
      'STREAM',
      missing.length === METHODS.length
        ? `start() must return a stream with ${METHODS.join(', ')}, and returned ${show(stream)}`
        : `start() must return a stream with ${METHODS.join(', ')}; this one lacks ${missing.join(', ')}`,
      { found: stream },
    )
  }
  follow(stream as CdcStream, ctx.fromLsn)
  return stream as CdcStream
}

/**
 * Has a provider prepare a stream; `undefined` where it has no `prepare`.
 *
 * @throws CdcError `STREAM` where it returns something that cannot be started.
 */
export async function prepareStream(
  provider: CdcOutputProvider,
  ctx: CdcPrepareContext,
): Promise<CdcPrepared | undefined> {
  if (provider.prepare === undefined) return undefined
  const prepared: unknown = await provider.prepare(ctx)
  if (typeof prepared === 'object' && prepared !== null && typeof (prepared as CdcPrepared).start === 'function') {
    return prepared as CdcPrepared
  }
  throw new CdcError('STREAM', `prepare() must return an object with start(), and returned ${show(prepared)}`, {
    found: prepared,
  })
}

function missingMethods(stream: unknown): readonly string[] {
  if (typeof stream !== 'object' || stream === null) return METHODS
  return METHODS.filter((method) => typeof (stream as Record<string, unknown>)[method] !== 'function')
}

async function shutDownMisfit(misfit: unknown): Promise<void> {
  try {
    await (misfit as Pick<CdcStream, 'shutdown'>).shutdown()
  } catch {
    // Not reported: that it is no stream is reported already, and it may have no shutdown.
  }
}
