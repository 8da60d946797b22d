/** How long a hook waits because of a reload, before it goes on all the same: its client waits for it. */
export class Patience {
  readonly ms: number

  constructor(ms: number) {
    this.ms = ms
  }

  /** Resolves when the promise does, or when there is no more patience. @throws what it rejects with until then. */
  async with(promise: Promise<unknown>): Promise<'in time' | 'too late'> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'too late'>((resolve) => {
      timer = setTimeout(() => resolve('too late'), this.ms)
    })
    try {
      return await Promise.race([promise.then(() => 'in time' as const), late])
    } finally {
      clearTimeout(timer)
    }
  }
}
