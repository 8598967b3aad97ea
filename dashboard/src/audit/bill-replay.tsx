import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { BillReplay } from '../api/audits.ts';
import { useTariffNames } from '../fee-lines/names.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { Time } from '../ui/time.tsx';

const LINES_SHOWN = 200;

/** Every line of a bill beside what it comes to when it is computed again, those that differ first. */
export function Replay({ replay }: { readonly replay: BillReplay }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const names = useTariffNames();
  const isSame = replay.different === 0 && replay.amount === replay.sum;
  const money = (amount: string): string => formatMoney(amount, site.currency);
  const lines = [...replay.lines].sort((a, b) => Number(a.equal) - Number(b.equal)).slice(0, LINES_SHOWN);
  const rest = replay.lines.length + replay.more - lines.length;
  return (
    <>
      <p className={isSame ? 'audit-verdict is-ok' : 'audit-verdict is-wrong'}>
        <span aria-hidden="true">{isSame ? '✓' : '✗'}</span>{' '}
        {t(isSame ? 'audit.billSame' : 'audit.billDiffers', {
          ...{ count: replay.different, amount: money(replay.amount), sum: money(replay.sum) },
        })}
      </p>
      <p className="page-intro">{t('audit.replayIntro')}</p>
      <ul className="audit-violations">
        {lines.map((line) => (
          <li key={line.line} className={line.equal ? 'is-ok' : 'is-wrong'}>
            <p>
              <span
                className="audit-glyph"
                role="img"
                aria-label={t(line.equal ? 'audit.equal' : 'audit.different')}
              >
                {line.equal ? '✓' : '✗'}
              </span>
              {names.component(line.component)} · {names.band(line.band)} ·{' '}
              <span className="nowrap">
                <Time at={line.from} style="minute" /> –
              </span>{' '}
              <Time at={line.to} style="minute" />
              {line.kind !== 'original' && ` · ${t(`feeLine.kind.${line.kind as 'adjustment'}`)}`}
            </p>
            <p className="audit-compared num">
              <span>
                <span className="muted">{t('audit.onBill')}</span> {money(line.amount)}
              </span>
              <span>
                <span className="muted">{t('audit.posted')}</span> {money(line.posted.amount)}
              </span>
              <span>
                <span className="muted">{t('audit.again')}</span> <strong>{money(line.again.amount)}</strong>
              </span>
            </p>
            <p className="audit-links">
              <Link to={`/fee-lines?line=${line.line}`}>{t('audit.evidenceOf', { id: line.line })} →</Link>
            </p>
          </li>
        ))}
        {rest > 0 && <li>{t('audit.more', { count: rest })}</li>}
      </ul>
    </>
  );
}
