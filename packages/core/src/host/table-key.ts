/** How a surface's keys, or its resources, are named in the host's tables. */
export function tableKey(slot: number, name: string): string {
  return `${slot}:${name}`
}
