import { lstatSync, statSync, type Stats } from 'node:fs'

/** What is at a path, after links; `undefined` where nothing is, or nothing that this process can reach. */
export function lookAt(path: string): Stats | undefined {
  return reached(() => statSync(path, { throwIfNoEntry: false }))
}

/** What is at a path, be it a link. */
export function lookAtLink(path: string): Stats | undefined {
  return reached(() => lstatSync(path, { throwIfNoEntry: false }))
}

export function isFile(path: string): boolean {
  return lookAt(path)?.isFile() === true
}

/** Links that lead to one another, names that are too long and folders that are closed are errors for Node. */
function reached(look: () => Stats | undefined): Stats | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
