// How many functions of an account may run at once. Lambda's own pollers wait for their turn; who calls directly is refused.
export interface Slots {
  readonly isFull: boolean
  take(): Promise<void>
  give(): void
}

export function createSlots(most: number): Slots {
  let taken = 0
  const waiting: (() => void)[] = []
  return {
    get isFull() {
      return taken >= most
    },
    async take() {
      if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve))
      taken += 1
    },
    give() {
      taken -= 1
      waiting.shift()?.()
    },
  }
}
