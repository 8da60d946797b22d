import { metadataObject, storedAs, type CanonicalProblem, type ExtensionForm } from './form.js'

const INT32_MAX = 2 ** 31 - 1

/** `arrow.fixed_shape_tensor`: as many elements as the shape has, in row-major order. */
export function* fixedShapeTensor(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage, metadata, metadataPath } = form
  const object = metadataObject(form)
  const shape = object?.['shape']
  if (object === undefined) yield { path: metadataPath, expected: 'a JSON object with a shape', found: metadata }
  else if (!isListOf(shape, isSize))
    yield { path: `${metadataPath}.shape`, expected: 'an array of sizes', found: shape }
  else {
    yield* layout(form, object, shape.length)
    const elements = shape.reduce((product, size) => product * size, 1)
    yield* storedAs(
      form,
      `a FixedSizeList of ${elements} elements, as the shape has`,
      storage.typeId === 'FixedSizeList' && storage.listSize === elements,
    )
    return
  }
  yield* storedAs(form, 'a FixedSizeList', storage.typeId === 'FixedSizeList')
}

/** `arrow.variable_shape_tensor`: the elements of each tensor in row-major order, and its shape. */
export function* variableShapeTensor(form: ExtensionForm): Generator<CanonicalProblem> {
  const { storage, storagePath, metadata, metadataPath } = form
  const fields = storage.typeId === 'Struct' ? storage.children : []
  const [data, shape] = ['data', 'shape'].map((name) => fields.findIndex((field) => field.name === name)) as [
    number,
    number,
  ]
  if (fields.length !== 2 || data < 0 || shape < 0) {
    yield { path: storagePath, expected: 'a Struct of data and shape', found: storage }
    return
  }
  const [elements, sizes] = [fields[data]?.type, fields[shape]?.type]
  if (elements?.typeId !== 'List')
    yield { path: `${storagePath}.children[${data}].type`, expected: 'a List', found: elements }
  const size = sizes?.typeId === 'FixedSizeList' ? sizes.children[0]?.type : undefined
  if (sizes?.typeId !== 'FixedSizeList' || size?.typeId !== 'Int' || size.bitWidth !== 32 || !size.isSigned) {
    yield {
      path: `${storagePath}.children[${shape}].type`,
      expected: 'a FixedSizeList of signed Int of 32 bits, one for each dimension',
      found: sizes,
    }
    return
  }
  const object = metadata === '' ? {} : metadataObject(form)
  if (object === undefined) yield { path: metadataPath, expected: 'a JSON object, or no metadata', found: metadata }
  else yield* layout(form, object, sizes.listSize)
}

/** The optional parameters of both kinds of tensor, for a tensor with `dimensions` dimensions. */
function* layout(
  { name, metadataPath }: ExtensionForm,
  metadata: Readonly<Record<string, unknown>>,
  dimensions: number,
): Generator<CanonicalProblem> {
  const { dim_names: names, permutation, uniform_shape: uniform } = metadata
  if (names !== undefined && !(isListOf(names, (item) => typeof item === 'string') && names.length === dimensions)) {
    yield { path: `${metadataPath}.dim_names`, expected: `an array of ${dimensions} names`, found: names }
  }
  if (permutation !== undefined && !isPermutation(permutation, dimensions)) {
    yield { path: `${metadataPath}.permutation`, expected: `each of 0 to ${dimensions - 1} once`, found: permutation }
  }
  if (name !== 'arrow.variable_shape_tensor' || uniform === undefined) return
  if (!isListOf(uniform, (item) => item === null || isSize(item)) || uniform.length !== dimensions) {
    yield {
      path: `${metadataPath}.uniform_shape`,
      expected: `an array of ${dimensions} sizes, or null where they vary`,
      found: uniform,
    }
  }
}

function isListOf<T>(value: unknown, isItem: (item: unknown) => item is T): value is T[]
function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is unknown[]
function isListOf(value: unknown, isItem: (item: unknown) => boolean): value is unknown[] {
  return Array.isArray(value) && value.every((item) => isItem(item))
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= INT32_MAX
}

function isPermutation(value: unknown, length: number): boolean {
  return (
    isListOf(value, isSize) &&
    value.length === length &&
    new Set(value).size === length &&
    value.every((index) => index < length)
  )
}
