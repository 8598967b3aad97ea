import WebSocket from 'ws';
import { zLiveMessage } from '../../contracts/live.ts';
import { ADMIN_TOKEN } from './platform.ts';

/** Watches a floor as a dashboard does. `hash` is the newest that the server told of its state. */
export function watchFloor(url: string, floor: number): { hash(): string; close(): void } {
  let hash = '';
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live?floor=${floor}`, {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  });
  socket.on('error', () => {});
  socket.on('message', (data) => {
    hash = zLiveMessage.parse(JSON.parse(String(data))).hash;
  });
  return { hash: () => hash, close: () => socket.terminate() };
}
