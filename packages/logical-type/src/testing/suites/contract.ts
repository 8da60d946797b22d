import type { ConformanceCase, Expectation } from '@uni/reload-core/testing'
import { Field, RecordBatchReader, RecordBatchStreamWriter, Schema } from 'apache-arrow'
import { canonicalProblems, unknownReservedNames } from '../../canonical/problems.js'
import { logicalType } from '../../contract.js'
import { compareContracts } from '../../diff.js'
import { listDifferences, listProblems } from '../../difference-text.js'
import { rebuildType } from '../../rebuild-type.js'
import { describeType } from '../../storage-type.js'
import { contractOf, type TypeContract } from '../../type-contract.js'
import type { Subject } from '../subject.js'
import { textOf } from '../text-of.js'

/** The contract can be read, does not change, survives Arrow IPC, and keeps the rules of a canonical name. */
export function contractSuite(subject: Subject): ConformanceCase[] {
  const needs = ['contract/well-formed']
  return [
    {
      key: 'contract/registers',
      rule: 'L4',
      title: 'a plugin can provide it',
      async run(expect: Expectation) {
        const provider = subject.make()
        expect.that(
          typeof provider === 'object' && provider !== null,
          `make() returned ${textOf(provider)}, expected a provider`,
        )
        const key = await expect.works('the key of the provider', () => logicalType.keyOf(provider))
        expect.that(typeof key === 'string' && key !== '', `name: expected a non-empty string, found ${textOf(key)}`)
        for (const method of logicalType.methods ?? []) {
          const found: unknown = provider[method as keyof typeof provider]
          expect.that(typeof found === 'function', `${method}: expected a method, found ${textOf(found)}`)
        }
      },
    },
    {
      key: 'contract/well-formed',
      rule: 'L4',
      title: 'name, storage type, metadata and encoding version can be read',
      needs: ['contract/registers'],
      async run(expect: Expectation) {
        await expect.works('the contract', () => contractOf(subject.make()))
      },
    },
    {
      key: 'contract/stable',
      rule: 'L1',
      title: 'two providers of one version have one contract',
      needs,
      run(expect: Expectation) {
        const provider = subject.make()
        const again = [
          ['the same provider, asked again,', provider],
          ['another provider of the same version', subject.make()],
        ] as const
        const contract = contractOf(provider)
        for (const [what, other] of again) {
          const differences = compareContracts(contract, contractOf(other))
          expect.that(differences.length === 0, `${what} has another contract: ${listDifferences(differences)}`)
        }
      },
    },
    {
      key: 'contract/ipc',
      rule: 'L2',
      title: 'a field of the type is the same after Arrow IPC',
      needs,
      async run(expect: Expectation) {
        const { contract } = subject
        const back = await expect.works('a field of the type in Arrow IPC', () => throughIpc(contract))
        const differences = compareContracts(contract, back)
        expect.that(differences.length === 0, `Arrow IPC changes the contract: ${listDifferences(differences)}`)
      },
    },
    {
      key: 'contract/canonical',
      rule: 'L11',
      title: 'a canonical Arrow type has its storage and metadata',
      needs,
      run(expect: Expectation) {
        const problems = canonicalProblems(subject.contract)
        expect.that(problems.length === 0, `the type names a canonical Arrow extension type: ${listProblems(problems)}`)
      },
    },
    {
      key: 'contract/reserved-name',
      rule: 'L11',
      title: 'a name of its own does not begin with "arrow."',
      needs,
      run(expect: Expectation) {
        const [name] = unknownReservedNames(subject.contract)
        expect.that(
          name === undefined,
          `"${name}" is a name that only Arrow gives, and this package knows no such type: use a name of your ` +
            'own, such as "acme.money"',
        )
      },
    },
  ]
}

function throughIpc(contract: TypeContract): TypeContract {
  const metadata = new Map([
    ['ARROW:extension:name', contract.name],
    ['ARROW:extension:metadata', contract.metadata],
  ])
  const schema = new Schema([new Field('value', rebuildType(contract.storage), true, metadata)])
  const bytes = new RecordBatchStreamWriter().reset(undefined, schema).finish().toUint8Array(true)
  const field = RecordBatchReader.from(bytes).open().schema.fields[0] as Field
  return {
    name: field.metadata.get('ARROW:extension:name') ?? '',
    metadata: field.metadata.get('ARROW:extension:metadata') ?? '',
    storage: describeType(field.type),
    encodingVersion: contract.encodingVersion,
  }
}
