import { Readable } from 'node:stream';
import type { DeviceConnection } from './connection.ts';

interface Client {
  readonly id: string;
  readonly conn: DeviceConnection;
}
interface Packet {
  readonly messageId: number;
}

/**
 * aedes' persistence for devices that have clean sessions only: nothing outlives a connection, so there is nothing
 * that grows. Retained messages and offline queues are not kept (the journal and Postgres are), Wills stay with
 * their client, and the packet ids of QoS 2 with the connection.
 */
export class NoSessionStore {
  async setup(): Promise<void> {}
  async destroy(): Promise<void> {}

  async subscriptionsByClient(): Promise<readonly never[]> {
    return [];
  }
  async subscriptionsByTopic(): Promise<readonly never[]> {
    return [];
  }
  async addSubscriptions(): Promise<void> {}
  async removeSubscriptions(): Promise<void> {}
  async cleanSubscriptions(): Promise<void> {}

  async storeRetained(): Promise<void> {}
  createRetainedStreamCombi(): Readable {
    return Readable.from([]);
  }

  outgoingStream(): Readable {
    return Readable.from([]);
  }
  async outgoingEnqueueCombi(): Promise<void> {}
  async outgoingUpdate(): Promise<void> {}
  /** A device acknowledged a command: aedes hands this on in its `ack` event. */
  async outgoingClearMessageId(_client: Client, packet: Packet): Promise<Packet> {
    return packet;
  }

  async incomingStorePacket({ conn }: Client, { messageId }: Packet): Promise<void> {
    conn.unreleased.add(messageId);
    conn.receiving.delete(messageId);
  }
  async incomingGetPacket({ conn }: Client, packet: Packet): Promise<Packet> {
    if (!conn.unreleased.has(packet.messageId)) throw new Error('no such packet');
    return packet;
  }
  async incomingDelPacket({ conn }: Client, { messageId }: Packet): Promise<void> {
    conn.unreleased.delete(messageId);
  }
  async cleanIncoming({ conn }: Client): Promise<void> {
    conn.unreleased.clear();
  }

  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
  streamWill(): Readable {
    return Readable.from([]);
  }
}

type Callback = () => void;

/** aedes' message bus without messages: what devices send goes to the journal, what they get comes from Postgres. */
export const silentBus = {
  on(_topic: string, _listener: unknown, done?: Callback): void {
    if (done) setImmediate(done);
  },
  removeListener(_topic: string, _listener: unknown, done?: Callback): void {
    if (done) setImmediate(done);
  },
  emit(_packet: unknown, done?: Callback): void {
    done?.();
  },
  close(done?: Callback): void {
    if (done) setImmediate(done);
  },
};
