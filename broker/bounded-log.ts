import type { Logger } from 'pino';
import { TokenBucket } from './token-bucket.ts';

const LINES_PER_S = 2;
const LINES_AT_ONCE = 20;

export type LogLine = (fields: object, text: string) => void;

/** For what strangers and broken devices cause: they must not fill the log. Says how many lines were left out. */
export function boundedLog(log: Logger): LogLine {
  const bucket = new TokenBucket(LINES_PER_S, LINES_AT_ONCE, performance.now());
  let leftOut = 0;
  return (fields, text) => {
    if (!bucket.take(performance.now())) {
      leftOut++;
      return;
    }
    log.warn(leftOut > 0 ? { ...fields, leftOut } : fields, text);
    leftOut = 0;
  };
}
