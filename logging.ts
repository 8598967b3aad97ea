import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

/** Names under which secrets might be logged, at the top of a line or one level below. */
const SECRET = [
  ...['password', 'secret', 'token', 'authorization', 'cookie', 'apiKey', 'key', 'cert', 'connectionString'],
  ...['["set-cookie"]', '["x-api-key"]'],
];
const below = (name: string): string => (name.startsWith('[') ? `*${name}` : `*.${name}`);
const OPTIONS: LoggerOptions = {
  redact: {
    paths: [
      ...SECRET,
      ...SECRET.map(below),
      ...['authorization', 'cookie'].flatMap((name) => [`req.headers.${name}`, `*.headers.${name}`]),
    ],
    censor: '[redacted]',
  },
  formatters: { level: (label, number) => ({ level: number, severity: label }) },
  serializers: { err: serializeError },
};

/** A log of JSON lines, one object a line, to standard output unless another destination is given. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return destination ? pino({ ...OPTIONS, level }, destination) : pino({ ...OPTIONS, level });
}

/**
 * An error as it is, but for the values of a statement that failed: they are people's data, and now and then the hash
 * of a secret or a session's token. Which statement it was stays.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { params, parameters, detail, where, config, request, ...plain } = pino.stdSerializers.err(
    error,
  ) as unknown as Record<string, unknown>;
  const values = valuesOf(error);
  const without = (text: unknown): string =>
    values.reduce((rest, one) => rest.replaceAll(one, 'params: …'), String(text));
  return { ...plain, message: without(plain.message), stack: without(plain.stack) };
}

/** What drizzle puts into the messages of an error and its causes, and with them at the start of the stack. */
function valuesOf(error: Error): readonly string[] {
  const values: string[] = [];
  for (let e: unknown = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if ('params' in e) values.push(`params: ${e.params}`);
  }
  return values;
}
