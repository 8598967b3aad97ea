import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { ConnectionGate } from './connection-gate.ts';
import type { Limits } from './limits.ts';
import { refuse } from './metrics.ts';

const WEBSOCKET_PATH = '/mqtt';
/** The first byte of `GET`; an MQTT CONNECT starts with 0x10. */
const HTTP_FIRST_BYTE = 0x47;
const TCP_KEEP_ALIVE_MS = 60_000;
/**
 * Connections that the kernel keeps until they are accepted. When all devices come back at once, more wait than
 * Node's 511; those that overflow believe to be connected and hear nothing until they give up. The kernel takes the
 * least of this and `net.core.somaxconn`.
 */
const BACKLOG = 16_384;

export interface TlsOptions {
  readonly port: number;
  /** PEM. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Who signs client certificates, PEM. With it, a certificate of the client id's common name is as good as a secret. */
  readonly ca?: string | Buffer;
}

/** A stream on which MQTT is expected. */
export interface Arrival {
  readonly socket: Duplex;
  readonly address: string;
  readonly certificateName?: string | undefined;
  readonly firstBytes?: Buffer;
}

export interface FrontDoor {
  readonly port: number;
  readonly tlsPort: number | undefined;
  /** Accepts nobody any more. */
  close(): void;
  /** Cuts off whoever is still there. */
  disconnect(): void;
}

/** Listens for MQTT, and for MQTT over WebSocket on the same ports, with and without TLS. */
export async function openFrontDoor(options: {
  /** Every address, unless one is given. */
  readonly host: string | undefined;
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  readonly limits: Limits;
  readonly gate: ConnectionGate;
  readonly onArrival: (arrival: Arrival) => void;
}): Promise<FrontDoor> {
  const { host, limits, gate, onArrival, tls } = options;
  const sockets = new Set<Socket>();
  const enters = (socket: Socket): boolean => {
    const refusal = gate.enter(addressOf(socket));
    if (refusal) {
      refuse(refusal);
      socket.destroy();
      return false;
    }
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      gate.leave();
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    socket.on('error', () => {});
    return true;
  };
  const http = webSocketServer(limits, onArrival);
  const greet = (socket: Socket | TLSSocket): void => tellProtocol(socket, http, limits, onArrival);
  const plain = createServer((socket) => {
    if (enters(socket)) greet(socket);
  });
  const secure = tls && tlsServer(tls, limits, greet);
  const outer = secure && createServer((socket) => enters(socket) && secure.emit('connection', socket));

  const close = (): void => {
    plain.close();
    outer?.close();
    http.close();
  };
  try {
    const port = await listenOn(plain, options.port, host);
    const tlsPort = outer && tls ? await listenOn(outer, tls.port, host) : undefined;
    const disconnect = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    return { port, tlsPort, close, disconnect };
  } catch (error) {
    close();
    throw error;
  }
}

async function listenOn(server: Server, port: number, host: string | undefined): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

function tlsServer(tls: TlsOptions, limits: Limits, greet: (socket: TLSSocket) => void): TlsServer {
  const server = createTlsServer(
    {
      cert: tls.cert,
      key: tls.key,
      handshakeTimeout: limits.connectTimeoutMs,
      ...(tls.ca ? { ca: tls.ca, requestCert: true, rejectUnauthorized: false } : {}),
    },
    greet,
  );
  server.on('tlsClientError', (_error, socket) => {
    refuse('not_mqtt');
    socket.destroy();
  });
  return server;
}

/** Runs until a connection has said that it is MQTT. */
const connectTimers = new WeakMap<Duplex, NodeJS.Timeout>();

/** Hands a connection on by its first byte: to HTTP for an upgrade, to MQTT otherwise. */
function tellProtocol(
  socket: Socket | TLSSocket,
  http: HttpServer,
  limits: Limits,
  onArrival: (arrival: Arrival) => void,
): void {
  const timer = setTimeout(() => {
    refuse('connect_timeout');
    socket.destroy();
  }, limits.connectTimeoutMs);
  connectTimers.set(socket, timer);
  socket.once('close', () => clearTimeout(timer));
  socket.on('error', () => {});
  socket.once('data', (firstBytes: Buffer) => {
    socket.pause();
    if (firstBytes[0] === HTTP_FIRST_BYTE) {
      socket.unshift(firstBytes);
      http.emit('connection', socket);
      socket.resume();
      return;
    }
    clearTimeout(timer);
    const address = addressOf(socket);
    onArrival({ socket, address, certificateName: certificateName(socket as TLSSocket), firstBytes });
  });
}

function webSocketServer(limits: Limits, onArrival: (arrival: Arrival) => void): HttpServer {
  const upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.payloadBytesMax + limits.headerBytesMax,
    handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
  });
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refusalOfUpgrade(request);
    if (refusal) {
      refuse('not_mqtt');
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
      return;
    }
    upgrades.handleUpgrade(request, socket, head, (webSocket) => {
      clearTimeout(connectTimers.get(socket));
      const stream = createWebSocketStream(webSocket);
      // MQTT-6.0.0-1; before the stream takes it.
      webSocket.prependListener('message', (_data, isBinary) => {
        if (isBinary) return;
        refuse('not_mqtt');
        stream.removeAllListeners('data');
        stream.destroy();
      });
      onArrival({
        socket: stream,
        address: addressOf(request.socket),
        certificateName: certificateName(request.socket as TLSSocket),
      });
    });
  });
  return http;
}

function refusalOfUpgrade(request: IncomingMessage): string | undefined {
  if (request.url?.split('?')[0] !== WEBSOCKET_PATH) return '404 Not Found';
  const protocols = request.headers['sec-websocket-protocol']?.split(',').map((protocol) => protocol.trim());
  return protocols?.includes('mqtt') ? undefined : '400 Bad Request';
}

/** Only a certificate that our authority signed names anybody. */
function certificateName(socket: Partial<TLSSocket>): string | undefined {
  const name = socket.authorized === true ? socket.getPeerCertificate?.().subject?.CN : undefined;
  return typeof name === 'string' ? name : undefined;
}

const addressOf = (socket: { readonly remoteAddress?: string | undefined }): string =>
  socket.remoteAddress ?? 'unknown';
