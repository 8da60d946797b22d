import type { Context } from 'cordis'
import type { Registrar } from '@uni/reload-core'
import { memory, openMemory } from '@uni/reload-state'

export interface Shop { buy(article: string): Promise<number> }

declare module 'cordis' {
  interface Context { shop: Shop }
  interface Events { audit(note: string[]): void }
}

export const sales = memory<Map<string, number>, string>('sales')

export const shop = (version: string) => (ctx: Context, registrar: Registrar): void => {
  registrar.provide(sales, {
    name: 'sales', initial: () => new Map(), apply: (sold, article) => { sold.set(article, (sold.get(article) ?? 0) + 1) },
  })
  const sold = registrar.open(sales, { name: 'sales', key: 'sales', open: openMemory() })
  ctx.set('shop', {
    async buy(article: string) {
      await sold.write(article)
      return sold.use(({ value }) => value.get(article) ?? 0)
    },
  } satisfies Shop)
  ctx.on('audit', (note) => { note.push(version) })
}
