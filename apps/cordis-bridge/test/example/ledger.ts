import type { Registrar } from '@uni/reload-core'
import { memory, openMemory } from '@uni/reload-state'

/** What was sold: it outlives the versions of the shop. */
export interface Ledger {
  add(article: string): Promise<void>
  sold(article: string): Promise<number>
}

export const sales = memory<Map<string, number>, string>('sales')

export function ledger(registrar: Registrar): Ledger {
  registrar.provide(sales, {
    name: 'sales', initial: () => new Map(), apply: (sold, article) => { sold.set(article, (sold.get(article) ?? 0) + 1) },
  })
  const sold = registrar.open(sales, { name: 'sales', key: 'sales', open: openMemory() })
  return { add: (article) => sold.write(article), sold: (article) => sold.use(({ value }) => value.get(article) ?? 0) }
}
