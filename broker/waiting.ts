interface Waiter {
  proceed(): void;
}

/** Bytes of publishes of all connections that wait for the journal; those that may not read on until there are fewer. */
export class Waiting {
  readonly #bytesMax: number;
  readonly #waiters = new Set<Waiter>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  isFull(): boolean {
    return this.#bytes >= this.#bytesMax;
  }

  grow(bytes: number): void {
    this.#bytes += bytes;
  }

  shrink(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#waiters.size === 0 || this.#bytes > this.#bytesMax / 2) return;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.proceed();
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }
}
