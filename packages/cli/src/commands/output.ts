import type { Io } from '../io.js'

/** Prints what a command gives: as JSON on one line, or as people read it. */
export function print(io: Io, asJson: boolean, value: unknown, text: () => string): void {
  io.out(asJson ? `${JSON.stringify(value)}\n` : text())
}
