import type { LiveResource } from '@uni/reload-core'
import type { Store } from '../fixtures/store.js'
import type { ResourceData } from './resource-data.js'
import type { Task } from './task.js'
import type { ResourceId } from './version-data.js'

/** What a version has the host open, and what it wrote to it before it served. */
export interface Declared {
  readonly resource: ResourceId
  readonly handle: LiveResource<Store, number>
  readonly early: EarlyWrite | undefined
}

export interface EarlyWrite {
  readonly number: number
  readonly task: Task
  /** Whether it still waits for its version to serve. */
  state: 'waits' | 'begun'
  /** What it is made to, once the version serves. */
  data: ResourceData | undefined
}
