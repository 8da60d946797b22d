/**
 * Resolves when work that was put off to a later turn of the event loop is done. Waits for two turns: a binding that is
 * created one turn after a document was opened repairs the document in the next.
 */
export async function laterTurn(): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1)
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0)
    })
}
