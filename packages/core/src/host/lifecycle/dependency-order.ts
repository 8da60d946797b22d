import type { Plugin } from '../plugin/plugin.js'

interface Node {
  readonly plugin: Plugin
}

/**
 * Orders plugins so that each comes after those it depends on, and otherwise as given: a depth-first topological sort
 * (Tarjan 1976). Where plugins need one another, the one that is reached first comes last of them. What is not among
 * `plugins` has no place in the order.
 */
export function dependencyOrder(plugins: readonly Plugin[]): Plugin[] {
  const nodes = plugins.map((plugin): Node => ({ plugin }))
  const byId = new Map(nodes.map((node) => [node.plugin.manifest.id, node]))
  const ordered: Plugin[] = []
  const reached = new Set<Node>()
  // A stack of its own: a chain of dependencies may be longer than the call stack is deep.
  const path: { readonly node: Node; readonly needs: Iterator<Node> }[] = []

  const reach = (node: Node): void => {
    if (reached.has(node)) return
    reached.add(node)
    const needs = (node.plugin.manifest.dependsOn ?? []).flatMap(({ id }) => byId.get(id) ?? [])
    path.push({ node, needs: needs.values() })
  }

  for (const node of nodes) {
    reach(node)
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const next = last.needs.next()
      if (next.done === true) {
        ordered.push(last.node.plugin)
        path.pop()
      } else {
        reach(next.value)
      }
    }
  }
  return ordered
}
