import { WebSocket } from 'ws';
import { LIVE_VERSION, type LiveMessage, zLiveMessage } from '../../contracts/live.ts';
import { type StallState, stateHash } from '../../domain/floor.ts';
import { OCCUPANCY } from '../../domain/occupancy.ts';

/** A client of the live protocol that believes nothing: it checks every sequence number and hash. */
export class Watcher {
  readonly states = new Map<number, StallState>();
  readonly messages: LiveMessage[] = [];
  readonly problems: string[] = [];
  closed: { code: number } | null = null;
  refusedWith: number | null = null;
  readonly socket: WebSocket;
  #seq = -1;

  constructor(url: string, headers: Record<string, string>) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data) => this.#take(zLiveMessage.parse(JSON.parse(String(data)))));
    this.socket.on('close', (code) => {
      this.closed = { code };
    });
    this.socket.on('unexpected-response', (request, response) => {
      this.refusedWith = response.statusCode ?? 0;
      request.destroy();
    });
    this.socket.on('error', () => {});
  }

  get snapshots(): number {
    return this.messages.filter((message) => message.type === 'snapshot').length;
  }

  #take(message: LiveMessage): void {
    this.messages.push(message);
    if (message.type === 'snapshot') {
      if (message.version !== LIVE_VERSION) this.problems.push('another version');
      this.states.clear();
    } else if (message.type === 'delta' && message.seq !== this.#seq + 1) {
      this.problems.push(`delta ${message.seq} after ${this.#seq}`);
    } else if (message.type === 'heartbeat' && message.seq !== this.#seq) {
      this.problems.push(`heartbeat ${message.seq} after ${this.#seq}`);
    }
    this.#seq = message.seq;
    if (message.type !== 'heartbeat') {
      for (const [id, occupancy, leased, measuredAt, seenAt] of message.stalls) {
        const state = { id, occupancy: OCCUPANCY[occupancy] ?? 'unknown', leased: leased === 1 };
        this.states.set(id, { ...state, measuredAt, seenAt });
      }
    }
    if (stateHash(this.states.values()) !== message.hash)
      this.problems.push(`hash differs at ${message.seq}`);
  }

  close(): void {
    this.socket.terminate();
  }
}
