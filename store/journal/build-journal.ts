/** A journal that is being built out of frames that another one had, in their order. */
export interface NewJournal {
  readonly id: string;
  /** Its frames have numbers this much lower than they had: see `base` of the cursors. */
  readonly offset: number;
  /** Takes a frame, as `encodeFrame` makes it. Numbers must rise. */
  add(seq: number, bytes: Buffer): Promise<void>;
  /** Makes the rest durable. What is appended later gets numbers above `head`, whether it has that frame or not. */
  finish(head: number): Promise<void>;
  close(): Promise<void>;
  /** Closes it and takes it away again; absent where that is done with the folder that it is in. */
  abandon?(): Promise<void>;
}
