/** The code of an error of the file system, such as `ENOSPC`. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether nothing is at the path that the file system was asked about. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT'
}
