import './audit.css';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { Violation } from '../api/audits.ts';
import { useViolationText } from './values.ts';

/** Something that does not hold: what, whose, what it should be, and the page on which it can be looked at. */
export function ViolationItem({
  violation,
  period,
}: {
  readonly violation: Violation;
  readonly period: string;
}) {
  const { t } = useTranslation();
  const { about, expected, found, ids } = useViolationText()(violation);
  return (
    <li>
      <p>
        <strong>{t(`audit.what.${violation.what}`)}</strong>
        {about !== '' && ` · ${about}`}
      </p>
      <p className="audit-compared num">
        <span>
          <span className="muted">{t('audit.expected')}</span> {expected}
        </span>
        <span>
          <span className="muted">{t('audit.found')}</span> <strong>{found}</strong>
        </span>
      </p>
      {ids !== '' && <p className="muted">{ids}</p>}
      <Places violation={violation} period={period} />
    </li>
  );
}

function Places({
  violation: { what, where },
  period,
}: {
  readonly violation: Violation;
  readonly period: string;
}) {
  const { t } = useTranslation();
  const places: (readonly [string, string])[] = [];
  if (where['line'] !== undefined) places.push([`/fee-lines?line=${where['line']}`, t('audit.openLine')]);
  if (where['bill'] !== undefined) places.push([`/bills?bill=${where['bill']}`, t('audit.openBill')]);
  if (where['transaction'] !== undefined)
    places.push([`/ledger?transaction=${where['transaction']}`, t('audit.openTransaction')]);
  if (where['versionId'] !== undefined) places.push(['/tariffs', t('audit.openTariffs')]);
  if (what === 'residual_differs')
    places.push([`/losses?month=${period.slice(0, 7)}&main=${where['point']}`, t('audit.openLosses')]);
  if (what === 'lines_changed' || what === 'chain_broken') places.push(['/billing', t('audit.openPeriods')]);
  if (places.length === 0) return null;
  return (
    <p className="audit-links">
      {places.map(([to, name]) => (
        <Link key={to} to={to}>
          {name} →
        </Link>
      ))}
    </p>
  );
}
