import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers } from '@nats-io/transport-node';
import type { NewJournal } from './build-journal.ts';
import { decodeFrame } from './frame-codec.ts';
import {
  connectOptions,
  type NatsJournalsOptions,
  newStream,
  RECEIVED,
  streamOf,
  subjectOf,
} from './nats.ts';

/** Frames that are on their way at once. */
const WINDOW = 64;

/** The stream is there already and has, or had, frames. */
export class StreamInUseError extends Error {
  override readonly name = 'StreamInUseError';
}

/**
 * On NATS: a new stream, whose numbers begin at 1; an empty one that is there makes way. @param first the first frame's.
 * @throws StreamInUseError
 */
export async function buildNatsJournal(
  options: NatsJournalsOptions,
  partition: number,
  first: number,
): Promise<NewJournal> {
  const connection = await connect(connectOptions(options.url));
  const stream = streamOf(partition);
  const manager = await jetstreamManager(connection, { checkAPI: false });
  const client = jetstream(connection);
  const created = await create().catch(async (error) => {
    await connection.close();
    throw error;
  });
  let next = first;
  let onTheWay: Promise<unknown>[] = [];

  async function create(): Promise<string> {
    for await (const { config, state } of manager.streams.list(subjectOf(stream))) {
      if (state.last_seq > 0) {
        throw new StreamInUseError(
          `the stream ${config.name} has messages: \`nats stream rm ${config.name}\`, if nobody needs them`,
        );
      }
      await manager.streams.delete(config.name);
    }
    const size = { ...options, bytesMax: Math.floor(options.bytesMax / options.partitions) };
    return (await manager.streams.add(newStream(stream, size))).created;
  }
  async function settle(): Promise<void> {
    const waiting = onTheWay;
    onTheWay = [];
    await Promise.all(waiting);
  }
  return {
    id: created,
    offset: first - 1,
    async add(seq, bytes) {
      const about = headers();
      const newest = decodeFrame(bytes).reduce((max, { receivedAt }) => Math.max(max, receivedAt), 0);
      about.set(RECEIVED, String(newest));
      if (seq !== next++) throw new Error(`frame ${seq} came where ${next - 1} was due`);
      const sent = client.publish(subjectOf(stream), bytes, { headers: about }).then((ack) => {
        const due = seq - first + 1;
        if (ack.seq !== due) throw new Error(`frame ${seq} became ${ack.seq}, not ${due}`);
      });
      // Heard when all are settled.
      sent.catch(() => {});
      onTheWay.push(sent);
      if (onTheWay.length >= WINDOW) await settle();
    },
    async finish(head) {
      await settle();
      if (next !== head + 1) throw new Error(`the newest frame is ${next - 1}, not ${head}`);
    },
    close: () => connection.close(),
    async abandon() {
      await connection.close();
      const again = await connect(connectOptions(options.url));
      try {
        const { streams } = await jetstreamManager(again, { checkAPI: false });
        if ((await streams.info(stream)).created === created) await streams.delete(stream);
      } finally {
        await again.close();
      }
    },
  };
}
