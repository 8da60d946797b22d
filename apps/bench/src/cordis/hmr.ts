import { Context } from 'cordis'
import type { Reloaded } from './reloaded.js'
import { shop, type Ledger } from './shop.js'

function ledger(): Ledger {
  let count = 0
  return {
    add() {
      count += 1
    },
    count: () => count,
  }
}

/** A shop that is disposed of and applied again in the same turn, as the hot module replacement of Koishi does. */
export async function reloadedByHmr(): Promise<Reloaded> {
  const ctx = new Context()
  await ctx.start()
  let fork = ctx.plugin(shop(ledger()))
  await ctx.lifecycle.flush()
  return {
    shop: () => ctx.shop,
    async reload() {
      fork.dispose()
      fork = ctx.plugin(shop(ledger()))
      await ctx.lifecycle.flush()
    },
    async end() {
      await ctx.stop()
    },
  }
}
