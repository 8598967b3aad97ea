import { useTranslation } from 'react-i18next';
import { plainMoney } from '../../../domain/amounts.ts';
import type { AuditDetail } from '../api/audits.ts';
import { formatTime } from '../format.ts';
import { useSession } from '../session.tsx';
import { DownloadMenu } from '../ui/download-menu.tsx';
import { saveCsv, saveFile } from '../ui/save-file.ts';
import { useViolationText } from './values.ts';

type Cells = readonly (string | number | null)[];

/** The finding for an auditor's file: a table to read, and everything as the API says it. */
export function ExportAudit({ audit }: { readonly audit: AuditDetail }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const textOf = useViolationText();
  const name = `audit-${audit.site}-${audit.bill === null ? audit.period : `bill-${audit.bill}`}-${audit.id}`;
  const time = (iso: string): string => formatTime(iso, site.timeZone);

  function basis(): Cells[] {
    const { seen } = audit;
    const rows: Cells[] = [
      [t('audit.title'), audit.id],
      [t('audit.market'), site.name],
      [t('audit.period'), audit.period],
      [t('audit.by'), audit.requestedBy],
      [t('audit.asked'), time(audit.requestedAt)],
    ];
    if (seen === null) return rows;
    rows.push([t('audit.readAt'), time(seen.at)]);
    for (const { run, period, receivedUpTo, points } of seen.cutOffs)
      rows.push([t('audit.cutOff'), time(receivedUpTo), t('audit.cutOffOf', { run, period, count: points })]);
    const { seal } = seen;
    if (seal)
      rows.push(
        [t('audit.closed'), time(seal.closedAt), seal.closedBy],
        [t('audit.sealedHash'), seal.sealed.hash],
        [t('audit.hashNow'), seal.now.hash],
        [t('audit.previous'), seal.previous?.period ?? t('audit.first'), seal.previous?.hash ?? null],
      );
    return rows;
  }

  function findings(): Cells[] {
    const head = [
      'number',
      'rule',
      'result',
      'checked',
      'violation',
      'about',
      'expected',
      'found',
      'ids',
    ] as const;
    const rows: Cells[] = [head.map((one) => t(`audit.column.${one}`))];
    for (const [i, { invariant, checked, unit, violations, more }] of (audit.findings ?? []).entries()) {
      const isOk = violations.length + more === 0;
      const rule: Cells = [
        ...[i + 1, t(`audit.invariant.${invariant}.title`), t(isOk ? 'audit.holds' : 'audit.broken')],
        t(`audit.unit.${unit}`, { count: checked }),
      ];
      if (isOk) rows.push(rule);
      for (const violation of violations) {
        const { about, expected, found, ids } = textOf(violation);
        rows.push([...rule, t(`audit.what.${violation.what}`), about, expected, found, ids]);
      }
      if (more > 0) rows.push([...rule, t('audit.more', { count: more })]);
    }
    return rows;
  }

  function replay(): Cells[] {
    const head = ['line', 'component', 'band', 'from', 'to', 'amount', 'posted', 'again', 'result'] as const;
    const rows: Cells[] = [head.map((one) => t(`audit.column.${one}`))];
    for (const one of audit.replay?.lines ?? [])
      rows.push([
        ...[one.line, one.component, one.band, time(one.from), time(one.to)],
        ...[one.amount, one.posted.amount, one.again.amount].map((minor) => plainMoney(minor, site.currency)),
        t(one.equal ? 'audit.equal' : 'audit.different'),
      ]);
    return rows;
  }

  return (
    <DownloadMenu
      label={t('audit.export')}
      files={[
        {
          label: t('audit.csv'),
          save: async () => saveCsv(name, [...basis(), [], ...(audit.replay ? replay() : findings())]),
        },
        {
          label: t('audit.json'),
          save: async () =>
            saveFile(
              `${name}.json`,
              new Blob([JSON.stringify(audit, null, 2)], { type: 'application/json' }),
            ),
        },
      ]}
    />
  );
}
