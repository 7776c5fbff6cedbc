// The Query protocol's form: `Filter.1.Value.2=x` -> { Filter: [{ Value: [_, 'x'] }] }.

interface Node {
  [key: string]: Node | string
}

export type FormValue = string | readonly FormValue[] | { readonly [key: string]: FormValue }

export function readForm(body: string): { readonly [key: string]: FormValue } {
  const root: Node = {}
  for (const [path, value] of new URLSearchParams(body)) {
    const keys = path.split('.')
    const last = keys.pop()!
    let node = root
    for (const key of keys) {
      const below = node[key]
      const next = typeof below === 'object' ? below : {}
      node[key] = next
      node = next
    }
    node[last] = value
  }
  return Object.fromEntries(Object.entries(root).map(([key, node]) => [key, shaped(node)]))
}

/** Members that are all numbered are a list, in the order of the numbers. */
function shaped(node: Node | string): FormValue {
  if (typeof node === 'string') return node
  const keys = Object.keys(node)
  if (keys.every((key) => /^\d+$/.test(key))) {
    return keys.sort((a, b) => Number(a) - Number(b)).map((key) => shaped(node[key]!))
  }
  return Object.fromEntries(keys.map((key) => [key, shaped(node[key]!)]))
}
