import { createServer, type Socket } from 'node:net';
import { generate, type IConnectPacket, type IPublishPacket, parser } from 'mqtt-packet';

export interface RawBroker {
  readonly port: number;
  readonly connects: IConnectPacket[];
  readonly publishes: IPublishPacket[];
  /** Sends a publish to the client with this id. */
  send(clientId: string, topic: string, payload: string): void;
  /** Drops every connection, without a word. */
  drop(): void;
  close(): Promise<void>;
}

/** Just enough of an MQTT 3.1.1 server to see what clients put on the wire. */
export async function startRawBroker(
  options: {
    readonly connack?: (connect: IConnectPacket) => number;
    /** False: this publish is never acknowledged. */
    readonly acknowledge?: (publish: IPublishPacket) => boolean;
  } = {},
): Promise<RawBroker> {
  const sockets = new Map<Socket, string>();
  const connects: IConnectPacket[] = [];
  const publishes: IPublishPacket[] = [];
  const server = createServer((socket) => {
    sockets.set(socket, '');
    const parse = parser({ protocolVersion: 4 });
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => parse.parse(chunk));
    parse.on('packet', (packet) => {
      if (packet.cmd === 'connect') {
        connects.push(packet);
        sockets.set(socket, packet.clientId);
        const returnCode = options.connack?.(packet) ?? 0;
        socket.write(generate({ cmd: 'connack', returnCode, sessionPresent: false }));
        if (returnCode !== 0) socket.end();
      } else if (packet.cmd === 'publish') {
        publishes.push({ ...packet, payload: Buffer.from(packet.payload) });
        if (packet.qos === 1 && (options.acknowledge?.(packet) ?? true)) {
          socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0 }));
        }
      } else if (packet.cmd === 'subscribe') {
        socket.write(generate({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] }));
      } else if (packet.cmd === 'pingreq') {
        socket.write(generate({ cmd: 'pingresp' }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const drop = (): void => {
    for (const socket of sockets.keys()) socket.destroy();
  };
  let messageId = 0;
  return {
    port: address.port,
    connects,
    publishes,
    drop,
    send(clientId, topic, payload) {
      for (const [socket, id] of sockets) {
        if (id !== clientId) continue;
        messageId++;
        socket.write(
          generate({ cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup: false }),
        );
      }
    },
    async close() {
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
