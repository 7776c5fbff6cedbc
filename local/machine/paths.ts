// Where the bench keeps its things: one cache folder that stays, one registry of runs that the next boot forgets.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `${XDG_CACHE_HOME:-~/.cache}/ragstream-edge` */
export const cacheFolder = (): string => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ragstream-edge')

/** Same place for every cache folder, so that any run finds what any other left behind. */
export const RUNS = '/run/ragstream-edge'

/** Present in the environment of every process that a run starts; its value is the run's number. */
export const RUN_MARK = 'RAGSTREAM_EDGE_RUN'
