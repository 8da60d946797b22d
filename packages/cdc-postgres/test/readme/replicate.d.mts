export function caughtUp(): Promise<void>
export function deploy(version: string): Promise<unknown>
export function stop(): Promise<void>
