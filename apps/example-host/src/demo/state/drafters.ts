import { setTimeout as delay } from 'node:timers/promises'
import type { LiveState } from '../../host/live-state.js'

/** The lines that each draft has acknowledged, by the name of the draft. */
export type DraftLines = Map<string, string[]>

const DRAFTS = 12

/** Opens one draft after another, adds two lines to it, and closes it. Others may have it open, too. */
export async function runDrafter(
  { drafts }: LiveState,
  lines: DraftLines,
  drafter: number,
  stop: AbortSignal,
): Promise<void> {
  for (let turn = 0; !stop.aborted; turn += 1) {
    const name = `draft ${(turn * 5 + drafter) % DRAFTS}`
    const draft = await drafts.open(name)
    for (const line of [`${drafter}:${2 * turn}`, `${drafter}:${2 * turn + 1}`]) {
      await draft.write(line)
      lines.set(name, [...(lines.get(name) ?? []), line])
      await delay(10)
    }
    await draft.close()
    await delay(20)
  }
}
