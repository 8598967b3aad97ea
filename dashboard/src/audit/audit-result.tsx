import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import type { AuditDetail, Finding } from '../api/audits.ts';
import { Basis } from './basis.tsx';
import { Replay } from './bill-replay.tsx';
import { ViolationItem } from './violation.tsx';

const VIOLATIONS_SHOWN = 50;

export function AuditResult({ audit }: { readonly audit: AuditDetail }) {
  const { t } = useTranslation();
  if (audit.replay) return <Replay replay={audit.replay} />;
  const count = audit.violations ?? 0;
  const isCharged = audit.seen === null || audit.seen.cutOffs.length > 0;
  return (
    <>
      <p className={count === 0 ? 'audit-verdict is-ok' : 'audit-verdict is-wrong'}>
        <span aria-hidden="true">{count === 0 ? '✓' : '✗'}</span>{' '}
        {count === 0 ? t('audit.allHold') : t('audit.violations', { count })}
      </p>
      {!isCharged && <p className="note">{t('audit.uncharged')}</p>}
      {audit.seen && <Basis audit={audit} seen={audit.seen} />}
      <ol className="audit-list">
        {audit.findings?.map((finding, i) => (
          <Row key={finding.invariant} finding={finding} number={i + 1} period={audit.period} />
        ))}
      </ol>
    </>
  );
}

function Row({
  finding,
  number,
  period,
}: {
  readonly finding: Finding;
  readonly number: number;
  readonly period: string;
}) {
  const { t } = useTranslation();
  const { invariant, checked, unit, note, violations, more } = finding;
  const count = violations.length + more;
  const rest = count - Math.min(violations.length, VIOLATIONS_SHOWN);
  return (
    <li className={count === 0 ? 'is-ok' : 'is-wrong'} data-invariant={invariant}>
      <h2>
        <span className="audit-glyph" role="img" aria-label={t(count === 0 ? 'audit.holds' : 'audit.broken')}>
          {count === 0 ? '✓' : '✗'}
        </span>
        {number}. {t(`audit.invariant.${invariant}.title`)}
      </h2>
      <p>{t(`audit.invariant.${invariant}.means`)}</p>
      <p className="muted">{t(`audit.invariant.${invariant}.how`)}</p>
      <p>
        {t(`audit.unit.${unit}`, { count: checked })}
        {note !== null && ` · ${t(`audit.note.${note}`)}`}
        {count > 0 && ` · ${t('audit.violations', { count })}`}
      </p>
      {finding.case !== undefined && (
        <p className="audit-links">
          <Link to={`/cases?case=${finding.case}`}>{t('audit.openCase', { id: finding.case })} →</Link>
        </p>
      )}
      {count > 0 && (
        <ul className="audit-violations">
          {violations.slice(0, VIOLATIONS_SHOWN).map((violation) => (
            <ViolationItem key={JSON.stringify(violation)} violation={violation} period={period} />
          ))}
          {rest > 0 && <li>{t('audit.more', { count: rest })}</li>}
        </ul>
      )}
    </li>
  );
}
