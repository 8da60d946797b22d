import type { Acceptance } from '../dispatch/judging.js'
import type { ReloadKindHandlers } from '../dispatch/request.js'
import type { Cutover } from '../strategy.js'
import type { DrainPolicy } from './lease/drain.js'
import type { BakeOptions } from './permanence/bake.js'
import type { ReloadSource } from './resource/reload-source.js'

export interface ReloadOptions {
  /** Default `overlap`. */
  cutover?: Cutover | undefined
  /** Go through everything up to the commit, then roll back. */
  dryRun?: boolean | undefined
  /** Rolls back, up to the commit. */
  signal?: AbortSignal | undefined
  /** What becomes of a live resource whose key the new version no longer provides. Default `reject`. */
  onOrphan?: 'reject' | 'close' | undefined
  /** Further live resources to hand over, which the host holds itself. */
  handlers?: ReloadKindHandlers | undefined
  /** In place of the host's drain policy. */
  drain?: DrainPolicy | undefined
  /** Keeps the old version ready for a while, and goes back to it where the new one does not do well. */
  bake?: BakeOptions | undefined
  /**
   * `open`: live resources are opened anew with the new version, by the `open` they were attached with; or those that
   * are named. Nothing is asked of the version that serves, whose calls may throw or never settle. What only it has in
   * memory is lost, so `open` has to find what was acknowledged. Default: each is handed over by what serves.
   */
  from?: ReloadSource | undefined
  /**
   * Keys that are taken whatever the judgement on them is: an operator overrules it, knowingly. In the report, the
   * journal and the events. One that nothing would be judged by is refused (`PROVIDER_NOT_FOUND`).
   */
  accept?: readonly Acceptance[] | undefined
}

export type AddOptions = Pick<ReloadOptions, 'signal' | 'accept'>

export type RemoveOptions = Pick<ReloadOptions, 'signal' | 'accept' | 'onOrphan' | 'drain' | 'cutover'>
