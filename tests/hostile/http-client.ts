import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends bytes, and reads or does not. */
export class RawHttpClient {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  #text = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.once('close', resolve));
  }

  static async open(port: number, { from = '127.0.0.1', reads = true } = {}): Promise<RawHttpClient> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    const client = new RawHttpClient(socket);
    await once(socket, 'connect');
    if (reads) socket.on('data', (bytes) => (client.#text += bytes));
    return client;
  }

  /** What was read so far. */
  get text(): string {
    return this.#text;
  }

  /** The status codes of the answers read so far. */
  get statuses(): number[] {
    return [...this.#text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  }

  /** Sends these bytes one after the other until the connection is closed. */
  async drip(text: string, everyMs: number): Promise<void> {
    for (const character of text) {
      if (this.socket.destroyed) return;
      this.socket.write(character);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  }

  end(): void {
    this.socket.destroy();
  }
}
