import { watch as watchFiles } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AdminClient } from '../client/admin-client.js'
import { CommandError, EXIT, type ExitCode } from '../exit-code.js'
import type { Io } from '../io.js'
import { reload } from './change.js'

/** Milliseconds without a change, after which it is reloaded: an editor and a build write more than once. */
const QUIET_MS = 100

/** Reloads a plugin of a host on this machine after each change of its file or folder, until it is interrupted. */
export async function watch(
  client: AdminClient,
  io: Io,
  asJson: boolean,
  { id, source, folder }: { readonly id: string; readonly source: string; readonly folder: string },
): Promise<ExitCode> {
  const again = async (): Promise<void> => {
    try {
      await reload(client, io, asJson, { id, source })
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== EXIT.refused) throw error
      io.err(`${io.colors.red(error.message)}\n`)
    }
  }
  let running: Promise<void> = Promise.resolve()
  let timer: ReturnType<typeof setTimeout> | undefined
  let failure: unknown
  const stop = new AbortController()
  const signal = AbortSignal.any([io.signal, stop.signal])
  const fail = (error: unknown): void => {
    failure = error
    stop.abort()
  }
  try {
    for await (const _ of watchFiles(resolve(io.cwd, folder, source), { recursive: true, signal })) {
      clearTimeout(timer)
      timer = setTimeout(() => {
        running = running.then(again).catch(fail)
      }, QUIET_MS)
    }
  } catch (error) {
    if (!signal.aborted) throw new CommandError(EXIT.usage, `${source} cannot be watched: ${(error as Error).message}`)
  } finally {
    clearTimeout(timer)
  }
  await running
  if (failure !== undefined) throw failure
  return EXIT.ok
}
