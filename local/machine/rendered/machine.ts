// One rendered host: a folder, the real bash, and recorders in place of nginx, Docker and systemd.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import type { ExecOptions, ExecResult, Machine } from '../types.ts'
import { emptyVolatileFolders, hostEnvironment, layOutDisk } from './disk.ts'
import { type Recorders, startRecorders } from './recorders.ts'
import { afterBoot, afterPowerOff } from './services.ts'
import { changeState, machineFolder } from './state.ts'
import { bootKernel } from './use.ts'

export function renderedMachine(name: string, root: string): Machine {
  const children = new Map<ChildProcess, Promise<ExecResult>>()
  let recorders: Recorders | null = null

  async function powerOff(): Promise<void> {
    const ending = recorders
    if (ending === null) return
    recorders = null
    for (const child of children.keys()) killGroup(child)
    await Promise.all(children.values())
    await ending.close()
    changeState(root, afterPowerOff)
    emptyVolatileFolders(root)
  }

  return {
    name,
    get running() {
      return recorders !== null
    },
    async boot() {
      if (recorders !== null) return
      if (!existsSync(machineFolder(root))) layOutDisk(root)
      // A run that ended without a power-off is one all the same.
      changeState(root, (state) => afterBoot(root, afterPowerOff(state)))
      bootKernel(root)
      recorders = await startRecorders(root)
    },
    async exec(argv, options = {}) {
      if (recorders === null) throw new Error(`machine ${name} is not running`)
      const child = start(hostEnvironment(root, recorders.port), argv, options)
      const result = collect(child, options)
      children.set(child, result)
      return result.finally(() => children.delete(child))
    },
    powerOff,
    async destroy() {
      await powerOff()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

// Detached: the leader of a process group, so that a power-off reaches what it started, too.
function start(host: Record<string, string>, argv: readonly string[], options: ExecOptions): ChildProcess {
  const [program = '', ...args] = argv
  const env = { ...host, ...options.env }
  const child = spawn(program, args, { cwd: host.HOME, env, detached: true, stdio: 'pipe' })
  // A program may end without reading its input.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.stdin ?? '')
  return child
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function collect(child: ChildProcess, { timeoutMs, onOutput }: ExecOptions): Promise<ExecResult> {
  const output = { stdout: '', stderr: '' }
  let timedOut = false
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
      onOutput?.(stream, text)
    })
  }
  const end = (): void => {
    timedOut = true
    killGroup(child)
  }
  const timer = timeoutMs === undefined ? undefined : setTimeout(end, timeoutMs)
  return new Promise((resolve) => {
    child.on('error', (error) => {
      clearTimeout(timer)
      resolve({ exitCode: 127, timedOut, ...output, stderr: `${output.stderr}${error.message}\n` })
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ exitCode: timedOut ? null : code, timedOut, ...output })
    })
  })
}
