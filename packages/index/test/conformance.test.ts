import { runIndexConformance } from '@uni/reload-index/testing'
import { describe, test } from 'vitest'
import { SampledV1 } from './fixtures/full-text-v1.js'
import { SampledV2 } from './fixtures/full-text-v2.js'
import { goldenOf } from './fixtures/kept.js'
import { textFixture, vectorFixture } from './fixtures/kit.js'
import { VectorsV1, VectorsV2 } from './fixtures/vectors-kind.js'

const TEXT = { writes: true, filter: true, samples: true, files: true }
const VECTORS = { writes: true, samples: true, files: true, isolated: true, checksum: true }

describe('MiniSearch, version 1', () => {
  runIndexConformance({
    test,
    make: () => textFixture(() => new SampledV1()),
    capabilities: TEXT,
    golden: goldenOf('text', '1.0.0'),
  })
})

describe('MiniSearch, version 2, after version 1', () => {
  runIndexConformance({
    test,
    make: () =>
      textFixture(
        () => new SampledV2(),
        () => new SampledV1(),
      ),
    capabilities: { ...TEXT, isolated: true, checksum: true, upgrade: true },
    golden: goldenOf('text'),
  })
})

describe('USearch, version 1: an image is loaded', () => {
  runIndexConformance({
    test,
    make: () => vectorFixture((directory) => new VectorsV1(directory)),
    capabilities: VECTORS,
    golden: goldenOf('vectors', '1.0.0'),
  })
})

describe('USearch, version 2, after version 1: an image is mapped', () => {
  runIndexConformance({
    test,
    make: () =>
      vectorFixture(
        (directory) => new VectorsV2(directory),
        (directory) => new VectorsV1(directory),
      ),
    capabilities: { ...VECTORS, upgrade: true },
    golden: goldenOf('vectors'),
  })
})
