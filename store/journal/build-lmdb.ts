import type { NewJournal } from './build-journal.ts';
import { decodeFrame, encodeFrame } from './frame-codec.ts';
import { type FrameKey, type LmdbOptions, openEnvironment } from './lmdb-environment.ts';

/** Bytes that one commit takes. */
const COMMIT_BYTES = 8 * 1024 * 1024;

/** In a folder, by LMDB; takes frames in any order, and the same one twice. */
export async function buildLmdbJournal(options: LmdbOptions & { readonly id: string }): Promise<NewJournal> {
  const { root, frames, meta, reserve } = await openEnvironment(options);
  let pending: (readonly [FrameKey, Buffer])[] = [];
  let pendingBytes = 0;
  let newest: FrameKey = [0, 0];

  async function commit(): Promise<void> {
    const batch = pending;
    if (batch.length === 0) return;
    // Twice, for pages that are not filled to the end.
    await reserve.take(pendingBytes * 2, 0);
    pending = [];
    pendingBytes = 0;
    await frames.batch(() => {
      for (const [key, bytes] of batch) void frames.put(key, bytes);
    });
  }
  return {
    id: options.id,
    offset: 0,
    async add(seq, bytes) {
      const receivedAt = decodeFrame(bytes).reduce((max, record) => Math.max(max, record.receivedAt), 0);
      if (seq > newest[0]) newest = [seq, receivedAt];
      pending.push([[seq, receivedAt], bytes]);
      pendingBytes += bytes.length;
      if (pendingBytes >= COMMIT_BYTES) await commit();
    },
    async finish(head) {
      // The newest frame says where the numbers go on: one without records stands for those that are not there.
      if (newest[0] > 0 && head > newest[0]) pending.push([[head, newest[1]], encodeFrame([])]);
      await commit();
      await meta.put('seq', newest[0] > 0 ? 0 : head);
      await meta.put('id', options.id);
    },
    close: () => root.close(),
  };
}
