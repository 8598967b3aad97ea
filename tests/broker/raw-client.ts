import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import type { Device } from './market.ts';

/** An MQTT client that does exactly what a test says, also what none should. */
export class RawClient {
  readonly socket: Duplex;
  readonly received: Packet[] = [];
  /** Settles when the broker has closed the connection. */
  readonly closed: Promise<void>;
  #wake: () => void = () => {};
  #read = 0;
  #isClosed = false;

  constructor(socket: Duplex) {
    this.socket = socket;
    const packets = parser();
    packets.on('packet', (packet) => {
      this.received.push(packet);
      this.#wake();
    });
    socket.on('data', (chunk) => packets.parse(chunk));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket: Socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** A client whose CONNECT was accepted. */
  static async connected(
    port: number,
    device: Device,
    over: Partial<IConnectPacket> = {},
  ): Promise<RawClient> {
    const client = await RawClient.open(port);
    client.send(connectPacket(device, over));
    const answer = await client.next();
    if (answer?.cmd !== 'connack' || answer.returnCode !== 0) throw new Error(JSON.stringify(answer));
    return client;
  }

  send(...packets: readonly (Packet | Buffer)[]): void {
    this.socket.write(Buffer.concat(packets.map((p) => (Buffer.isBuffer(p) ? p : generate(p)))));
  }

  /** The next packet from the broker; undefined when it closed the connection instead. */
  async next(): Promise<Packet | undefined> {
    while (this.received.length <= this.#read && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.received[this.#read++];
  }

  end(): void {
    this.socket.destroy();
  }
}

export const connectPacket = (device: Device, over: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 60,
  clientId: device.clientId,
  username: device.clientId,
  password: Buffer.from(device.secret),
  ...over,
});

export const publishPacket = (
  topic: string,
  messageId: number,
  payload: string | Buffer = `${messageId}`,
): Packet => ({
  cmd: 'publish',
  topic,
  payload,
  qos: 1,
  messageId,
  dup: false,
  retain: false,
});
