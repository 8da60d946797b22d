import { describe, expect, test } from 'vitest'
import { canonicalValueProblem } from '../../src/testing/canonical-values.js'
import type { TypeContract } from '../../src/index.js'

const named = (name: string, metadata = ''): TypeContract => ({
  name,
  storage: { typeId: 'Utf8' },
  metadata,
  encodingVersion: undefined,
})
const offset = (minutes: number): unknown => ({ timestamp: 0, offset_minutes: minutes })
const tensor = (shape: number[], elements: number): unknown => ({ data: Array.from({ length: elements }), shape })
const variant = (...metadata: number[]): unknown => ({ metadata: Uint8Array.from(metadata) })
const UUID = '00112233-4455-6677-8899-aabbccddeeff'
const BYTES = Uint8Array.from(UUID.replaceAll('-', '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

describe('a value that a canonical Arrow type holds (L11)', () => {
  test.each<[type: string, value: unknown, problem: string | undefined, metadata?: string, display?: string]>([
    ['json', '{"a":[1]}', undefined],
    ['json', '{a}', 'expected a JSON text'],
    ['uuid', BYTES, undefined, '', UUID],
    ['uuid', BYTES, undefined, '', UUID.toUpperCase()],
    [
      'uuid',
      BYTES.toReversed(),
      'expected the bytes from the most significant on, found ffeeddccbbaa99887766554433221100',
      '',
      UUID,
    ],
    ['timestamp_with_offset', offset(-779), undefined],
    ['timestamp_with_offset', offset(780), undefined],
    ['timestamp_with_offset', offset(-780), 'expected an offset of -779 to 780 minutes, found -780'],
    ['timestamp_with_offset', offset(781), 'expected an offset of -779 to 780 minutes, found 781'],
    ['variable_shape_tensor', tensor([2, 3], 6), undefined],
    ['variable_shape_tensor', tensor([2, 3], 5), 'expected the elements of a tensor of shape [2, 3], found 5'],
    ['variable_shape_tensor', tensor([-1, -1], 1), 'expected the elements of a tensor of shape [-1, -1], found 1'],
    ['variable_shape_tensor', tensor([2, 3], 6), undefined, '{"uniform_shape":[2,null]}'],
    [
      'variable_shape_tensor',
      tensor([1, 3], 3),
      'expected size 2 in dimension 0, as uniform_shape says, found 1',
      '{"uniform_shape":[2,null]}',
    ],
    [
      'variable_shape_tensor',
      tensor([1, 3], 3),
      'expected size 2 in dimension 1, as uniform_shape says, found 3',
      '{"uniform_shape":[null,2]}',
    ],
    ['parquet.variant', variant(0x11, 0), undefined],
    ['parquet.variant', variant(0x12, 0), 'expected variant metadata of version 1, found version 2'],
    ['parquet.variant', variant(), 'expected variant metadata of version 1, found none'],
    ['bool8', 7, undefined],
  ])('%s: %j', (type, value, problem, metadata = '', display = '') => {
    expect(canonicalValueProblem(named(`arrow.${type}`, metadata), value, display)).toBe(problem)
  })
})
