import { randomUUID } from 'node:crypto';
import type {
  Journal,
  JournalFrame,
  JournalRecord,
  JournalStatus,
  ReadOptions,
  TrimOptions,
} from '../../store/journal/port.ts';

/** A journal without a disk, for tests of its readers. Each append is a frame; `appendFrame` groups records. */
export class MemoryJournal implements Journal {
  frames: JournalFrame[] = [];
  readonly #id = randomUUID();
  #head = 0;
  #waiting = new Set<() => void>();

  async append(record: JournalRecord): Promise<void> {
    this.appendFrame([record]);
  }

  appendFrame(records: readonly JournalRecord[]): number {
    this.frames.push({ seq: ++this.#head, records });
    for (const wake of this.#waiting) wake();
    return this.#head;
  }

  async read(
    after: number,
    { recordsMax, waitMs = 0, signal }: ReadOptions,
  ): Promise<readonly JournalFrame[]> {
    if (this.#head <= after && waitMs > 0 && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, waitMs);
        signal?.addEventListener('abort', wake);
        this.#waiting.add(wake);
      });
    }
    const found: JournalFrame[] = [];
    let records = 0;
    for (const frame of this.frames) {
      if (frame.seq <= after) continue;
      if (records >= recordsMax) break;
      found.push(frame);
      records += frame.records.length;
    }
    return found;
  }

  async id(): Promise<string> {
    return this.#id;
  }

  async head(): Promise<number> {
    return this.#head;
  }

  async trim({ upTo, receivedBefore }: TrimOptions): Promise<number> {
    const kept = this.frames.filter(
      ({ seq, records }) => seq > upTo || records.some((record) => record.receivedAt >= receivedBefore),
    );
    const dropped = this.frames.length - kept.length;
    this.frames = kept;
    return dropped;
  }

  async status(): Promise<JournalStatus> {
    return { writable: true, frames: this.frames.length, bytes: 0, bytesMax: Number.POSITIVE_INFINITY };
  }

  async close(): Promise<void> {}
}
