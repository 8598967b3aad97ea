import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { serverNow } from '../api.ts';
import { ageOf, formatTime, type TimeStyle } from '../format.ts';
import { useSession } from '../session.tsx';

/** An instant on the site's clock. */
export function Time({
  at,
  style = 'second',
}: {
  readonly at: string | number | null;
  readonly style?: TimeStyle;
}) {
  const { site } = useSession();
  const { t } = useTranslation();
  if (at === null) return <span className="muted">{t('common.never')}</span>;
  return (
    <time className="num" dateTime={new Date(at).toISOString()}>
      {formatTime(at, site.timeZone, style)}
    </time>
  );
}

/** `3 min`: how to say an age in the language of the page. */
export function useAge(): (ms: number) => string {
  const { t } = useTranslation();
  return (ms) => {
    const { unit, count } = ageOf(ms);
    return t(`age.${unit}`, { count });
  };
}

const AGE_STEP_MS = 5_000;

/** The server's clock, in steps that are fine enough for ages. */
export function useServerNow(): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), AGE_STEP_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Ago({ at, now }: { readonly at: string | null; readonly now: number }) {
  const { t } = useTranslation();
  const age = useAge();
  const { site } = useSession();
  if (at === null) return <span className="muted">{t('common.never')}</span>;
  return (
    <time className="num" dateTime={at} title={formatTime(at, site.timeZone)}>
      {t('age.ago', { age: age(now - Date.parse(at)) })}
    </time>
  );
}
