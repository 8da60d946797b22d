import type { Result } from './result.js'

/** Measures, and gives each result as soon as it has it. */
export type Question = () => AsyncIterable<Result>
