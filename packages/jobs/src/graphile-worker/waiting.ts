import type { JobPage } from '../backend.js'
import { withoutCron } from './payload.js'

const PAGE = 500

/** What is needed of a `Pool` of `pg`. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ readonly rows: readonly unknown[] }>
}

interface Row {
  readonly id: string
  /** Absent where the job is of another name, or is not to be run again. */
  readonly payload: unknown
  readonly named: boolean
}

/**
 * The jobs that wait for an attempt or are in one, page by page. All jobs are read in the order of their ids, which do
 * not change, so none escapes; by name, a page might cost a look at every job there is.
 */
export async function* waitingIn(
  pool: Queryable,
  schema: string,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<JobPage> {
  const text = `
    with page as (
      select id, task_id, payload, attempts < max_attempts as goes_on
      from ${quoted(schema)}._private_jobs where id > $2 order by id limit ${PAGE}
    )
    select page.id::text as id, goes_on and tasks.identifier = $1 as named,
      case when goes_on and tasks.identifier = $1 then payload end as payload
    from page left join ${quoted(schema)}._private_tasks as tasks on tasks.id = page.task_id order by page.id`
  for (let last = '0'; ;) {
    signal.throwIfAborted()
    const rows = await rowsOf(pool, text, [name, last])
    const jobs = rows.filter(({ named }) => named)
    yield { jobs: jobs.map(({ id, payload }) => ({ id, payload: withoutCron(payload) })), lookedAt: rows.length }
    if (rows.length < PAGE) return
    last = rows.at(-1)?.id ?? last
  }
}

/** PostgreSQL's `undefined_table`: no runner has been there yet, and so nothing was queued. */
const UNDEFINED_TABLE = '42P01'

async function rowsOf(pool: Queryable, text: string, values: unknown[]): Promise<readonly Row[]> {
  try {
    return (await pool.query(text, values)).rows as readonly Row[]
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === UNDEFINED_TABLE) return []
    throw error
  }
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}
