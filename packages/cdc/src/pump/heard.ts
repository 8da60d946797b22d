/** Has the rejection of what should be no promise go to `hear`: one that nobody hears ends a Node process. */
export function heard(outcome: unknown, hear: (error: unknown) => void = () => {}): void {
  void Promise.resolve(outcome).catch(hear)
}
