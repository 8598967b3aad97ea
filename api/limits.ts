/** A limit on everything that a stranger, or a client gone wrong, could make grow. */
export const DEFAULT_LIMITS = {
  /** Open connections, and those of one network; a trusted proxy says whose it asks for. */
  connectionsMax: 5_000,
  connectionsMaxEach: 2_500,
  /** To receive a request's headers, and the whole of it. */
  headersMsMax: 15_000,
  requestMsMax: 60_000,
  /** How often connections are looked at for these two. */
  lookEveryMs: 5_000,
  /** To answer it: a database that takes a query and says nothing must not hold callers for ever. */
  answerMsMax: 10_000,
  /** A connection on which nothing moves while it is being answered, and for its answer to be taken whole. */
  stalledMsMax: 90_000,
  takingMsMax: 10 * 60_000,
  /** Between two requests. */
  keepAliveMs: 72_000,
  /** Requests of a connection, one after the other; and at once, which only programs do that send in advance. */
  requestsPerConnectionMax: 1_000,
  requestsAtOnceMax: 20,
  bodyBytesMax: 1024 * 1024,
  /** Arrays and objects within one another. */
  jsonDepthMax: 64,
  urlSegmentLengthMax: 200,
  /**
   * From one network. A dashboard asks a few times a minute; a script that registers thousands of devices asks a
   * hundred times a second.
   */
  requestsPerMinuteMax: 12_000,
  /** Passwords being checked, each with a core and 16 MB for a tenth of a second; and those of one network. */
  signInsAtOnceMax: 16,
  signInsAtOnceMaxEach: 8,
  /** Live sockets; tabs and wall displays of one user or key. */
  socketsMax: 2_000,
  socketsMaxEach: 50,
  /** What a client sends over a live socket is ignored, and small. */
  socketMessageBytesMax: 1024,
} as const;

export type ApiLimits = { readonly [K in keyof typeof DEFAULT_LIMITS]: number };
