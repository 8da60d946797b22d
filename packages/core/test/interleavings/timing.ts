/** Milliseconds of the host's clock that a plugin call may take, a drain, and the leases of one that is forced. */
export const TIMEOUT_MS = 1_000
export const DRAIN_MS = 400
export const GRACE_MS = 100
