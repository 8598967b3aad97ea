import { Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tariff } from '../api.ts';
import { Sheet } from '../ui/sheet.tsx';
import { Time } from '../ui/time.tsx';
import { compareVersions } from './compare.ts';
import { useNameOf } from './names.ts';
import { usePriceRows } from './price-view.tsx';

/** Two versions side by side: what changed is marked, in words too. */
export function CompareSheet({ tariff, onClose }: { readonly tariff: Tariff; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const nameOf = useNameOf();
  const rowsOf = usePriceRows(tariff.commodity);
  const newest = [...tariff.versions].sort((a, b) => b.version - a.version);
  const [left, setLeft] = useState(newest[1]?.version ?? newest[0]?.version ?? 0);
  const [right, setRight] = useState(newest[0]?.version ?? 0);
  const versionOf = (version: number) => tariff.versions.find((one) => one.version === version);
  const definitionOf = (version: number) => versionOf(version)?.definition ?? { components: [] };
  const rows = compareVersions(definitionOf(left), definitionOf(right), (component) => [
    [t('tariffForm.kind'), t(`tariffKind.${component.price.kind}`)],
    ...rowsOf(component),
  ]);
  const choose = (label: string, value: number, onChange: (version: number) => void) => (
    <Select
      aria-label={label}
      value={value}
      onChange={onChange}
      options={newest.map(({ version }) => ({ value: version, label: t('tariff.version', { version }) }))}
    />
  );
  return (
    <Sheet title={t('tariffList.compareTitle', { name: tariff.name })} width={680} onClose={onClose}>
      <table className="values compare">
        <thead>
          <tr>
            <td />
            <td>{choose(t('tariffList.before'), left, setLeft)}</td>
            <td>{choose(t('tariffList.after'), right, setRight)}</td>
          </tr>
          <tr className={left === right ? '' : 'compare-changed'}>
            <th scope="row">
              {left === right ? '' : '● '}
              {t('tariffList.effectiveFrom')}
            </th>
            {[left, right].map((version, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two columns, of one version perhaps
              <td key={i} className="num">
                <Time at={versionOf(version)?.effectiveFrom ?? ''} style="day" />
              </td>
            ))}
          </tr>
        </thead>
        {rows.map(({ component, values }) => (
          <tbody key={component.code}>
            <tr>
              <th scope="rowgroup" colSpan={3}>
                <strong>{nameOf.component(component)}</strong>
              </th>
            </tr>
            {values.map(({ name, before, after }) => (
              <tr key={name} className={before === after ? '' : 'compare-changed'}>
                <th scope="row">
                  {before === after ? '' : '● '}
                  {name}
                </th>
                <td className="num">{before ?? '—'}</td>
                <td className="num">{after ?? '—'}</td>
              </tr>
            ))}
          </tbody>
        ))}
      </table>
      <p className="muted">
        {rows.every(
          ({ values, calendarChanged }) => !calendarChanged && values.every((v) => v.before === v.after),
        )
          ? t('tariffList.same')
          : t('tariffList.changedMark')}
        {rows.some(({ calendarChanged }) => calendarChanged) && ` ${t('tariffList.calendarChanged')}`}
      </p>
    </Sheet>
  );
}
