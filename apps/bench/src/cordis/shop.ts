import type { Context } from 'cordis'
import { setTimeout as sleep } from 'node:timers/promises'

declare module 'cordis' {
  interface Context {
    shop: Shop
  }
}

/** Where a shop keeps what it has sold. */
export interface Ledger {
  add(id: number): void | Promise<void>
  /** How many were added. */
  count(): number | Promise<number>
}

export interface Shop {
  /** @returns the id, once the sale is in the ledger. */
  buy(id: number): Promise<number>
  sold(): number | Promise<number>
}

/** Milliseconds that a sale takes, and that the shop takes to start, as to connect to a database. */
const SALE_MS = 5
const START_MS = 5

/** A plugin as it is written for cordis: a new object each time, as a new version is. */
export const shop = (ledger: Ledger) => async (ctx: Context) => {
  await sleep(START_MS)
  ctx.set('shop', {
    async buy(id) {
      await sleep(SALE_MS)
      await ledger.add(id)
      return id
    },
    sold: () => ledger.count(),
  })
}
