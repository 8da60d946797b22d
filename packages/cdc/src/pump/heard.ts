/** Hands `hear` the rejection of a promise that should not have been returned: unhandled, it would end the process. */
export function heard(outcome: unknown, hear: (error: unknown) => void = () => {}): void {
  void Promise.resolve(outcome).catch(hear)
}
