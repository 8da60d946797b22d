import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { millisecondsOf } from '../measure.js'

const PROGRAM = fileURLToPath(new URL('crowd/restarted.js', import.meta.url))

/** Milliseconds in which nothing serves: a process saves all of its documents, and the next one opens them. */
export async function restartMs(kind: 'notes' | 'pages', documents: number): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'uni-bench-'))
  const start = (): Promise<ChildProcess> => started([kind, join(directory, 'documents'), String(documents)])
  let child = await start()
  try {
    return await millisecondsOf(async () => {
      await saved(child)
      child = await start()
    })
  } finally {
    child.kill()
    await rm(directory, { recursive: true })
  }
}

async function started(args: readonly string[]): Promise<ChildProcess> {
  const child = fork(PROGRAM, args, { execArgv: [] })
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`${args.join(' ')} ended with exit code ${code}`)
  })
  await Promise.race([once(child, 'message'), failed])
  failed.catch(() => {})
  return child
}

async function saved(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.send('save')
  const [code] = await ended
  if (code !== 0) throw new Error(`a process could not save its documents: it ended with exit code ${code}`)
}
