import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { zFinding, zViolation } from '../../../../contracts/audits.ts';
import { ViolationItem } from '../../audit/violation.tsx';
import { Facts } from '../../ui/facts.tsx';
import type { CaseCardProps } from '../kinds.ts';

/** Which rule is broken, by what first, and the audit that found it. Closed by itself when a later audit finds none. */
export function AuditViolationCard({ one }: CaseCardProps) {
  const { t } = useTranslation();
  const { audit, period, violations } = one.subject;
  const invariant = zFinding.shape.invariant.safeParse(one.subject['invariant']);
  const first = zViolation.safeParse(one.subject['first']);
  return (
    <div className="stack">
      <Facts
        items={[
          [t('audit.period'), String(period)],
          invariant.success ? [t('audit.column.rule'), t(`audit.invariant.${invariant.data}.title`)] : null,
          [t('audit.column.violation'), t('audit.violations', { count: Number(violations) })],
        ]}
      />
      {invariant.success && <p>{t(`audit.invariant.${invariant.data}.means`)}</p>}
      {first.success && (
        <ul className="audit-violations">
          <ViolationItem violation={first.data} period={String(period)} />
        </ul>
      )}
      <p>{t('audit.caseHint')}</p>
      <Link className="audit-link" to={`/audit?period=${period}&audit=${audit}`}>
        {t('audit.openAudit')} →
      </Link>
    </div>
  );
}
