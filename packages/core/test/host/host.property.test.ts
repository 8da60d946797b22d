import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { acquire, add, attach, capture, detach, moveShared, release, reload, remove, writeTo } from '../fixtures/host-commands.js'
import { compareAtTheEnd } from '../fixtures/host-comparison.js'
import { emptyModel, RealHost, SHARED } from '../fixtures/host-model.js'

const id = fc.constantFrom('a', 'b', 'c')
const name = fc.constantFrom('r1', 'r2', 'r3')
const key = fc.constantFrom('a', 'b', 'c', SHARED)
/** Something to begin with, so that short sequences are about something too. */
const scene = [add('a', false), add('b', true), attach('r1', 'a'), attach('r2', SHARED), capture()]
const onOrphan = fc.constantFrom('reject' as const, 'close' as const)

const reloads = fc.record({
  id, shared: fc.boolean(), onOrphan, writes: fc.nat(3), cutover: fc.constantFrom('overlap' as const, 'exclusive' as const),
  breaks: fc.constantFrom(undefined, undefined, undefined, 'init' as const, 'open' as const), dryRun: fc.constantFrom(false, false, false, true),
}).map(reload)

const commands = fc.commands([
  reloads, reloads, reloads, reloads,
  fc.tuple(id, fc.boolean()).map(([plugin, shared]) => add(plugin, shared)),
  id.map(moveShared),
  fc.tuple(id, onOrphan).map(([plugin, orphans]) => remove(plugin, orphans)),
  fc.constant(capture()),
  key.map(acquire),
  fc.nat(7).map(release),
  fc.tuple(name, key).map(([resource, on]) => attach(resource, on)),
  name.map(writeTo),
  name.map(detach),
], { maxCommands: 60, size: 'max' })

describe('a host, beside its model', () => {
  it('I1 I3 I4 I7 agrees with it after each of any sequence of operations', async () => {
    await fc.assert(fc.asyncProperty(commands, async (sequence) => {
      const [model, real] = [emptyModel(), new RealHost()]
      for (const command of scene) await command.run(model, real)
      await fc.asyncModelRun(() => ({ model, real }), sequence)
      await compareAtTheEnd(real)
    }), { numRuns: 150 })
  }, 60_000)
})
