// The packaged stack of a project whose site has `idle`.
import { packaged, withIdle } from '../../local/package.ts'

export const idlePackage = (): Promise<string> => packaged(undefined, undefined, withIdle)
