/** Where nobody has asked to be told of an error that is tried again. */
export function warn(error: Error): void {
  process.emitWarning(error)
}
