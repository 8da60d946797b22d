import { BROKEN_AT, LASTING } from './calls.js'

/**
 * What a full run has to have reached, or it was not about what it is there for. Each of these comes up a dozen times and
 * more in a thousand runs.
 */
export const REQUIRED: readonly string[] = [
  ...each('add', 'done', 'DUPLICATE'),
  ...each('addAll', 'done', 'DUPLICATE'),
  ...each('reload', 'done', 'ABORTED', 'DEPENDENCY', 'DRAIN_TIMEOUT', 'DUPLICATE', 'HANDOFF', 'ORPHANED_RESOURCE', 'PLUGIN', 'PLUGIN_NOT_FOUND', 'RELOAD_IN_PROGRESS', 'SCHEMA_INCOMPAT', 'STEP_TIMEOUT'),
  ...each('reload with a handle gone stale', 'STALE_HANDLE'),
  ...each('reload from inside', 'done', 'RELOAD_IN_PROGRESS'),
  ...each('reloadAll', 'done', 'DEPENDENCY', 'HANDOFF', 'RELOAD_IN_PROGRESS', 'STEP_TIMEOUT'),
  ...each('change of a plugin that another needs', 'done', 'DEPENDENCY', 'HANDOFF', 'STEP_TIMEOUT'),
  ...each('at once', 'two reloads of different plugins', 'other operations'),
  ...each('dry run', 'done', 'DEPENDENCY', 'HANDOFF', 'STEP_TIMEOUT'),
  ...each('remove', 'done', 'DEPENDENCY', 'ORPHANED_RESOURCE', 'RELOAD_IN_PROGRESS'),
  ...each('finalization', 'finalized', 'forced', 'kept', 'taken-back', 'stranded'),
  ...each('bake', 'healthy', 'accepted', 'superseded', 'taken-back', 'stranded', 'the host was closed'),
  ...each('healthy', 'yes', 'no', 'throw', 'reject', 'hang', 'nonsense'),
  ...each('way back', 'done', 'HANDOFF'),
  ...each('served again', 'the resource that was kept', 'a copy'),
  ...each('in a period', 'reload', 'reloadAll', 'dry run', 'remove', 'attach', 'detach', 'write', 'deliver', 'capture', 'makePermanent', 'way back'),
  ...each('makePermanent', 'done', 'JOURNAL', 'PLUGIN_NOT_FOUND', 'RELOAD_IN_PROGRESS', 'STALE_HANDLE'),
  ...each('capture', 'done', 'beside a fence'),
  ...each('captureReady', 'at once', 'beside an exclusive operation', 'beside one of another plugin'),
  ...each('acquire', 'done', 'PROVIDER_NOT_FOUND', 'SURFACE_FENCED'),
  ...each('release', 'done'),
  ...each('attach', 'done', 'DUPLICATE', 'PROVIDER_NOT_FOUND'),
  ...each('detach', 'done'),
  ...each('write', 'done', 'RESOURCE_CLOSED', 'RESOURCE_STUCK'),
  ...each('deliver', 'done', 'RESOURCE_CLOSED'),
  ...each('use', 'done', 'RESOURCE_CLOSED'),
  ...each('replaced', 'taken back twice under one lease'),
  ...each('kept', 'closed when its leases had ended'),
  ...each('left over', 'closed while the plugin is held'),
  ...each('resource', 'halted'),
  ...each('any fault', 'throw', 'reject', 'hang', 'nonsense', 'the journal fails (permanent)', 'the journal fails (committed)'),
  ...each('the end', 'nothing hangs', 'plugins hang', 'got out', 'reloaded'),
  ...each('opened anew', 'done'),
  ...BROKEN_AT.flatMap((method) => each('broken', ...LASTING.map((fault) => `${method} ${fault}`))),
]

function each(kind: string, ...outcomes: readonly string[]): string[] {
  return outcomes.map((outcome) => `${kind}: ${outcome}`)
}
