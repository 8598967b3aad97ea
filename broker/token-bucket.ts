/** Lets `rate` pass a second on average, and `burst` at once. */
export class TokenBucket {
  readonly rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(rate: number, burst: number, now: number) {
    this.rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes one if there is one. `now` in milliseconds of a monotonic clock. */
  take(now: number): boolean {
    this.#refill(now);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Takes what may not be there: the next ones wait for it. */
  charge(count: number): void {
    this.#tokens -= count;
  }

  /** Milliseconds until `take` succeeds. */
  waitMs(now: number): number {
    this.#refill(now);
    return Math.max(0, Math.ceil(((1 - this.#tokens) / this.rate) * 1000));
  }

  isFull(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= this.#burst;
  }

  #refill(now: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.rate);
    this.#at = now;
  }
}
