// The packaged stack of a project whose site has a `door` and `idle`.
import { packaged, withDoor } from '../../local/package.ts'

export const doorPackage = (): Promise<string> => packaged(undefined, undefined, withDoor)
