import { LeaseList } from '../lease/lease-list.js'

/** One lease of one live resource, as a list of its own: it is in `among` until it ends. */
export class ResourceLeases extends LeaseList {
  constructor(...among: readonly Set<LeaseList>[]) {
    super()
    for (const lists of among) lists.add(this)
    this.whenEmpty(() => {
      for (const lists of among) lists.delete(this)
    })
  }

  override get holds(): 'resource' {
    return 'resource'
  }
}
