import { Service, type Context } from 'cordis'
import type { Ledger } from './ledger.js'

declare module 'cordis' {
  interface Context { shop: Pick<Ledger, 'sold'> & { buy(article: string): Promise<number> } }
  interface Events { audit(note: string[]): void }
}

/** A service as it is written for cordis. */
export const shop = (version: string, ledger: Ledger) => class extends Service {
  constructor(ctx: Context) {
    super(ctx, 'shop')
    ctx.on('audit', (note) => { note.push(version) })
  }
  async buy(article: string) {
    await ledger.add(article)
    return ledger.sold(article)
  }
  sold(article: string) { return ledger.sold(article) }
}
