import { mergeConfig } from 'vitest/config'
import { project } from '../../vitest.base.ts'

// Files share what they import: native and WebAssembly libraries, which take longer to load than most tests take to
// run.
export default mergeConfig(project('@uni/example-host'), { test: { isolate: false } })
