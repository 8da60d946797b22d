import { readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const PACKAGES = join(import.meta.dirname, '../../../packages')

it('an optional member of what packages export takes undefined, which is what was not given', async () => {
  const declarations = (await entries()).flatMap((entry) => [...exportedBy(entry)])
  const found = new Set(declarations.map(({ name }) => name))
  expect([...found]).toEqual(
    expect.arrayContaining(['ReloadErrorInit', 'StrategySubject', 'PluginHostOptions', 'LoadError']),
  )
  expect(
    declarations.flatMap(({ name, declaration }) => refusals(declaration).map((member) => `${name}.${member}`)),
  ).toEqual([])
})

it('what does not is found, in whatever type it is', () => {
  const text = `interface A { a?: string; b?: string | undefined; c?: unknown; d?(): void; e: { f?: 1 }; n?: { o: undefined } }
    class B { g?: 2; private h?: 2; constructor(options: { i?: 3 }) {} j(k?: 4) { const l: { m?: 5 } = {} } }`
  const file = ts.createSourceFile('a.ts', text, ts.ScriptTarget.ESNext, true)
  expect(file.statements.flatMap(refusals)).toEqual(['a', 'f', 'n', 'g', 'i'])
})

async function entries(): Promise<string[]> {
  const folders = await readdir(PACKAGES)
  const found = await Promise.all(
    folders.map(async (folder) => {
      const { exports } = JSON.parse(await readFile(join(PACKAGES, folder, 'package.json'), 'utf8')) as {
        exports: Record<string, string | { '@uni/source'?: string | { readonly types: string } }>
      }
      return Object.values(exports).flatMap((entry) => {
        const source = typeof entry === 'string' ? undefined : entry['@uni/source']
        if (source === undefined) return []
        return [join(PACKAGES, folder, typeof source === 'string' ? source : source.types)]
      })
    }),
  )
  return found.flat()
}

interface Exported {
  readonly name: string
  readonly declaration: ts.Statement
}

/** The declarations that a module exports, its own or those of a module beside it. */
function* exportedBy(path: string): Generator<Exported> {
  const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ESNext, true)
  for (const statement of statements) {
    const isDeclared =
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isFunctionDeclaration(statement)
    if (isDeclared && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true) {
      yield { name: statement.name?.text ?? '', declaration: statement }
    }
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue
    const { text } = statement.moduleSpecifier as ts.StringLiteral
    if (statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause) || !text.startsWith('.'))
      continue
    const names = statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
    for (const exported of exportedBy(join(dirname(path), text.replace(/\.js$/, '.ts')))) {
      if (names.includes(exported.name)) yield exported
    }
  }
}

/** The optional members of a declaration that refuse `undefined` under `exactOptionalPropertyTypes`. */
function refusals(declaration: ts.Node): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    // What is private, or inside a function, is nobody else's.
    if (ts.isBlock(node)) return
    if (ts.isPropertyDeclaration(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword))
      return
    if ((ts.isPropertySignature(node) || ts.isPropertyDeclaration(node)) && node.questionToken !== undefined) {
      if (!takesUndefined(node.type)) found.push(node.name.getText())
    }
    ts.forEachChild(node, visit)
  }
  visit(declaration)
  return found
}

function takesUndefined(type: ts.TypeNode | undefined): boolean {
  if (type === undefined) return false
  if (ts.isUnionTypeNode(type)) return type.types.some(takesUndefined)
  return type.kind === ts.SyntaxKind.UnknownKeyword || type.kind === ts.SyntaxKind.UndefinedKeyword
}
