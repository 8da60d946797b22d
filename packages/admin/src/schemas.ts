import { z } from '@hono/zod-openapi'

/** What the API takes and gives. The document at `openapi.json` is made of it. Times in milliseconds. */

const Blocker = z
  .object({
    label: z.string().meta({ description: 'What the host labelled the lease with' }),
    ageMs: z.number(),
    holds: z.enum(['epoch', 'provider', 'resource']),
  })
  .openapi('Blocker')

export const PluginSchema = z
  .object({
    id: z.string(),
    version: z.string(),
    generation: z.number().int(),
    state: z.enum(['active', 'baking', 'changing', 'retired']),
    permanent: z.boolean().meta({ description: 'Whether a crash comes back on this version' }),
    heldBy: z.array(Blocker).meta({ description: 'The leases that hold it: 200 at most' }),
    holding: z.number().int().meta({ description: 'How many leases hold it' }),
  })
  .openapi('Plugin')

export const ResourceSchema = z
  .object({
    surface: z.string(),
    name: z.string(),
    key: z.string(),
    plugin: z.string(),
    state: z.enum(['serving', 'copying', 'held', 'halted', 'stuck']),
    waiting: z.number().int(),
  })
  .openapi('Resource')

const Phase = z.object({
  phase: z.string(),
  atMs: z.number().meta({ description: 'From the start of the operation' }),
  ms: z.number().optional().meta({ description: 'Absent while it goes on' }),
  failed: z.literal(true).optional(),
})

export const OperationSchema = z
  .object({
    operation: z.number().int(),
    kind: z.enum(['install', 'reload', 'remove', 'take-back']),
    plugins: z.array(z.string()).meta({ description: 'As `id@version`: the new version where there is one' }),
    state: z.enum(['running', 'committed', 'dry-run', 'failed']),
    startedAt: z.iso.datetime(),
    phases: z.array(Phase),
    steps: z.record(z.string(), z.number()).meta({ description: 'How many handoffs have done each step' }),
    reports: z.array(z.record(z.string(), z.unknown())).optional(),
    error: z.record(z.string(), z.unknown()).optional(),
    blockers: z.array(Blocker).optional().meta({ description: 'What outlived the deadline of the drain' }),
    bake: z.string().optional(),
    finalized: z.literal(true).optional().meta({ description: 'The version before it is closed' }),
  })
  .openapi('Operation')

export type Operation = z.infer<typeof OperationSchema>

/** https://www.rfc-editor.org/rfc/rfc9457 */
export const ProblemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    code: z.string().optional().meta({ description: 'The code of a ReloadError, or of a LoadError' }),
    hint: z.string().optional(),
    error: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi('Problem')

export const HealthSchema = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    problems: z.array(z.string()).meta({ description: 'What is halted, stuck or stranded' }),
  })
  .openapi('Health')

export const ReloadRequestSchema = z
  .strictObject({
    path: z.string().min(1).optional().meta({ description: 'Of a plugin, below the folder that the host allows' }),
    dryRun: z.boolean().optional(),
    cutover: z.enum(['overlap', 'exclusive']).optional(),
    onOrphan: z.enum(['reject', 'close']).optional(),
    from: z.literal('open').optional(),
    bakeMs: z.number().int().positive().optional().meta({ description: 'For how long it can be taken back' }),
    accept: z
      .array(z.strictObject({ surface: z.string(), key: z.string(), reason: z.string().min(1) }))
      .max(100)
      .optional(),
  })
  .openapi('ReloadRequest')

export const ReloadedSchema = z
  .object({
    status: z.enum(['committed', 'dry-run']),
    plugin: z.string(),
    generation: z.number().int(),
    report: z.record(z.string(), z.unknown()),
  })
  .openapi('Reloaded')
