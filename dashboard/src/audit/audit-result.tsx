import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { AuditDetail, BillReplay, Finding, Violation } from '../api/audits.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';

const VIOLATIONS_SHOWN = 50;

export function AuditResult({ audit }: { readonly audit: AuditDetail }) {
  const { t } = useTranslation();
  if (audit.replay) return <Replay replay={audit.replay} />;
  const count = audit.violations ?? 0;
  return (
    <>
      <p className={count === 0 ? 'audit-verdict is-ok' : 'audit-verdict is-wrong'}>
        <span aria-hidden="true">{count === 0 ? '✓' : '✗'}</span>{' '}
        {count === 0 ? t('audit.allHold') : t('audit.violations', { count })}
      </p>
      <ol className="audit-list">
        {audit.findings?.map((finding, i) => (
          <Row key={finding.invariant} finding={finding} number={i + 1} />
        ))}
      </ol>
    </>
  );
}

function Row({ finding, number }: { readonly finding: Finding; readonly number: number }) {
  const { t } = useTranslation();
  const { invariant, checked, unit, note, violations, more } = finding;
  const count = violations.length + more;
  const rest = count - Math.min(violations.length, VIOLATIONS_SHOWN);
  return (
    <li className={count === 0 ? 'is-ok' : 'is-wrong'}>
      <h2>
        <span className="audit-glyph" role="img" aria-label={t(count === 0 ? 'audit.holds' : 'audit.broken')}>
          {count === 0 ? '✓' : '✗'}
        </span>
        {number}. {t(`audit.invariant.${invariant}.title`)}
      </h2>
      <p>{t(`audit.invariant.${invariant}.means`)}</p>
      <p className="muted">
        {t(`audit.unit.${unit}`, { count: checked })}
        {note !== null && ` · ${t(`audit.note.${note}`)}`}
      </p>
      {count > 0 && (
        <ul className="audit-violations">
          {violations.slice(0, VIOLATIONS_SHOWN).map((violation) => (
            <li key={JSON.stringify(violation)}>
              <strong>{t(`audit.what.${violation.what}`)}</strong>{' '}
              {t('audit.compared', { expected: violation.expected, found: violation.found })}
              <br />
              <span className="muted">
                {Object.entries(violation.where)
                  .map(([name, value]) => `${name} ${value}`)
                  .join(' · ')}
              </span>{' '}
              <Where violation={violation} />
            </li>
          ))}
          {rest > 0 && <li>{t('audit.more', { count: rest })}</li>}
        </ul>
      )}
      {count > 0 && <Link to="/cases?kind=audit_violation">{t('audit.openCase')} →</Link>}
    </li>
  );
}

/** To the page on which it can be looked at. */
function Where({ violation: { where } }: { readonly violation: Violation }) {
  const { t } = useTranslation();
  if (where['line'] !== undefined)
    return <Link to={`/fee-lines?line=${where['line']}`}>{t('audit.openLine')} →</Link>;
  if (where['bill'] !== undefined)
    return <Link to={`/bills?bill=${where['bill']}`}>{t('audit.openBill')} →</Link>;
  return null;
}

function Replay({ replay }: { readonly replay: BillReplay }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const isSame = replay.different === 0 && replay.amount === replay.sum;
  const money = (amount: string): string => formatMoney(amount, site.currency);
  return (
    <>
      <p className={isSame ? 'audit-verdict is-ok' : 'audit-verdict is-wrong'}>
        <span aria-hidden="true">{isSame ? '✓' : '✗'}</span>{' '}
        {t(isSame ? 'audit.billSame' : 'audit.billDiffers', {
          ...{ count: replay.different, amount: money(replay.amount), sum: money(replay.sum) },
        })}
      </p>
      <ul className="audit-violations">
        {replay.lines.map((line) => (
          <li key={line.line} className={line.equal ? 'is-ok' : 'is-wrong'}>
            <span role="img" aria-label={t(line.equal ? 'audit.equal' : 'audit.different')}>
              {line.equal ? '✓' : '✗'}
            </span>{' '}
            <Link to={`/fee-lines?line=${line.line}`}>
              {line.component} {line.band}
            </Link>{' '}
            {money(line.amount)}
            <br />
            <span className="muted">
              {t('audit.postedAgain', { posted: money(line.posted.amount), again: money(line.again.amount) })}
            </span>
          </li>
        ))}
        {replay.more > 0 && <li>{t('audit.more', { count: replay.more })}</li>}
      </ul>
    </>
  );
}
