/**
 * Resolves when what was put off to a later turn of the event loop has been done. Twice: a binding that is made a turn
 * after a document was opened repairs it in the turn after that.
 */
export async function laterTurn(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1)
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0)
    })
}
