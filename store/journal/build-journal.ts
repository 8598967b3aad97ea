/** A journal that is being built out of frames that another one had, under their numbers. */
export interface NewJournal {
  readonly id: string;
  /** Takes a frame, as `encodeFrame` makes it. Numbers must rise. */
  add(seq: number, bytes: Buffer): Promise<void>;
  /** Makes the rest durable. What is appended later gets numbers above `head`, whether it has that frame or not. */
  finish(head: number): Promise<void>;
  close(): Promise<void>;
}
