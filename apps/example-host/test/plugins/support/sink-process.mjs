// The entry of a process of its own, which a test bundles, starts and kills. See postgres.test.ts.
import { runSink } from './run-sink.ts'

await runSink(JSON.parse(process.argv[2]))
