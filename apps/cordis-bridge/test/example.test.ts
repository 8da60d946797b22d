import { expect, it, onTestFinished } from 'vitest'

it('the example of the README: the ledger outlives the versions of a shop, whose service stays one object', async () => {
  const { ctx, handle, host, shopOf } = await import('./example/host.js')
  onTestFinished(() => host.close())
  const kept = ctx.shop
  expect([await kept.buy('tea'), await kept.buy('tea')]).toEqual([1, 2])
  await host.reload(handle, shopOf('2.0.0'))
  const note: string[] = []
  await ctx.parallel('audit', note)
  expect({ sold: await kept.buy('tea'), note }).toEqual({ sold: 3, note: ['2.0.0'] })
})
