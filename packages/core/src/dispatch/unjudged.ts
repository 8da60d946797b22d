import { option } from '../options.js'

/** What becomes of a reload of which something could not be judged: it goes ahead and the report says so, or it is refused. */
export type UnjudgedPolicy = 'accept' | 'refuse'

export const UNJUDGED = option.oneOf('accept', 'refuse')

export const UNJUDGED_HINT = "Give the version that serves samples to be judged by, or the strategy questions to ask; or let the host say unjudged: 'accept'."
