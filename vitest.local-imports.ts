import { parseAst, type Plugin } from 'vite'

const OURS = /\/(?:packages|apps)\/(?!.*\/node_modules\/)[^?]*\.ts$/

/**
 * What of an import declaration is used. The parser tells places of nodes, which the types of its trees do not have.
 */
interface Import {
  readonly start: number
  readonly end: number
  readonly source: { readonly raw: string }
  readonly specifiers: readonly { readonly type: string; readonly imported: Named; readonly local: Named }[]
}

interface Named {
  readonly name: string
}

/**
 * What a file imports by name becomes constants of its own. The test runner looks each name up where it is used, by a
 * getter of the other module, which is a sixteenth of what the tests cost. No file imports itself by way of others, and
 * none gives an exported variable another value, so all that is imported is there when the file begins, and stays.
 */
export function localImports(): Plugin {
  return {
    name: 'local-imports',
    enforce: 'post',
    transform(code, id) {
      if (!OURS.test(id)) return
      let local = ''
      let end = 0
      for (const node of parseAst(code).body) {
        if (node.type !== 'ImportDeclaration') continue
        const { start, end: next, source, specifiers } = node as unknown as Import
        if (specifiers.length === 0 || specifiers.some(({ type }) => type !== 'ImportSpecifier')) continue
        const module = `__imported_${start}`
        const names = specifiers.map((one) => `${one.imported.name}: ${one.local.name}`)
        // As many lines as there were, so that places in errors stay what they are.
        const lines = '\n'.repeat(code.slice(start, next).split('\n').length - 1)
        local += `${code.slice(end, start)}import * as ${module} from ${source.raw};const { ${names.join(', ')} } = ${module};${lines}`
        end = next
      }
      return { code: local + code.slice(end), map: null }
    },
  }
}
