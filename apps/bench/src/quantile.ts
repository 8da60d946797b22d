/** The value that a share of the samples, such as 0.99, does not exceed; `NaN` where there are none. */
export function quantileOf(samples: readonly number[], share: number): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
