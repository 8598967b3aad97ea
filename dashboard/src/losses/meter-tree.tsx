import { useQuery } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MeteredCommodity } from '../../../domain/commodities.ts';
import { childrenOf } from '../../../domain/meter-tree.ts';
import { lossesApi, type TreePoint } from '../api/losses.ts';
import { formatQuantity } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { EmptyState, ErrorState, Loading } from '../ui/states.tsx';
import { PointSheet } from './point-sheet.tsx';
import './meter-tree.css';

const ROWS_SHOWN = 100;
type Children = ReadonlyMap<number, readonly TreePoint[]>;

/** Every metering point below the one that it lies behind; a main's list is made when it is opened. */
export function MeterTree(props: { readonly month: string; readonly commodity: MeteredCommodity }) {
  const { month, commodity } = props;
  const { t } = useTranslation();
  const { site } = useSession();
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<TreePoint | null>(null);
  const filter = { site: site.id, month, commodity };
  const tree = useQuery({
    queryKey: ['meter-tree', filter],
    queryFn: ({ signal }) => lossesApi.tree(filter, signal),
  });
  const points = useMemo(
    () => [...(tree.data?.items ?? [])].sort((a, b) => a.code.localeCompare(b.code, 'en', { numeric: true })),
    [tree.data],
  );
  const children = useMemo(() => childrenOf(points), [points]);
  if (tree.data === undefined) {
    return tree.error ? (
      <ErrorState error={tree.error} retry={() => void tree.refetch()} />
    ) : (
      <Loading page />
    );
  }
  if (points.length === 0) {
    return (
      <div className="panel">
        <EmptyState title={t('losses.noPoints')} hint={t('losses.noPointsHint')} />
      </div>
    );
  }
  const wanted = search.trim().toLowerCase();
  const found = wanted === '' ? null : points.filter((point) => textOf(point).includes(wanted));
  // Mains first: what lies behind nothing and has nothing behind it comes after them.
  const roots = points.filter(({ mainId }) => mainId === null);
  const shown = found ?? [...roots.filter(isMain), ...roots.filter((point) => !isMain(point))];
  return (
    <>
      <Input
        className="filter"
        allowClear
        aria-label={t('losses.search')}
        placeholder={t('losses.search')}
        onChange={({ target }) => setSearch(target.value)}
      />
      <div className="panel panel-pad">
        {found?.length === 0 ? (
          <EmptyState title={t('losses.notFound')} hint={t('losses.notFoundHint')} />
        ) : (
          <Points points={shown} childrenBy={found ? new Map() : children} onOpen={setOpen} />
        )}
      </div>
      {open && (
        <PointSheet
          key={open.id}
          point={open}
          mains={points.filter((one) => one.id !== open.id)}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

const isMain = ({ role }: TreePoint): boolean => role === 'main';
const textOf = ({ code, place }: TreePoint): string => `${code} ${place?.code ?? ''}`.toLowerCase();

function Points(props: {
  readonly points: readonly TreePoint[];
  readonly childrenBy: Children;
  readonly onOpen: (point: TreePoint) => void;
}) {
  const { points, childrenBy, onOpen } = props;
  const { t } = useTranslation();
  const [count, setCount] = useState(ROWS_SHOWN);
  return (
    <ul className="meter-tree">
      {points.slice(0, count).map((point) => (
        <li key={point.id}>
          <Point point={point} childrenBy={childrenBy} onOpen={onOpen} />
        </li>
      ))}
      {points.length > count && (
        <li>
          <Button onClick={() => setCount(count + ROWS_SHOWN)}>
            {t('losses.more', { count: points.length - count })}
          </Button>
        </li>
      )}
    </ul>
  );
}

function Point(props: {
  readonly point: TreePoint;
  readonly childrenBy: Children;
  readonly onOpen: (point: TreePoint) => void;
}) {
  const { point, childrenBy, onOpen } = props;
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const behind = childrenBy.get(point.id) ?? [];
  return (
    <>
      <div className="meter-tree-row">
        {behind.length > 0 ? (
          <button
            type="button"
            className="meter-tree-toggle"
            aria-expanded={isOpen}
            aria-label={t(isOpen ? 'losses.collapse' : 'losses.expand', { code: point.code })}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? '▾' : '▸'}
          </button>
        ) : (
          <span className="meter-tree-toggle" />
        )}
        <Name point={point} onOpen={onOpen} />
        <span className="muted meter-tree-count">
          {behind.length > 0 ? t('losses.behind', { count: behind.length }) : t(`losses.role.${point.role}`)}
        </span>
        <Usage point={point} />
      </div>
      {isOpen && <Points points={behind} childrenBy={childrenBy} onOpen={onOpen} />}
    </>
  );
}

function Name({ point, onOpen }: { readonly point: TreePoint; readonly onOpen: (point: TreePoint) => void }) {
  const mayWrite = useMay('leases:write');
  const place = point.place && point.place.code !== point.code ? point.place.code : null;
  return (
    <span className="meter-tree-name">
      {mayWrite ? (
        <button type="button" className="link" onClick={() => onOpen(point)}>
          {point.code}
        </button>
      ) : (
        point.code
      )}{' '}
      {place && <span className="muted">{place}</span>}
    </span>
  );
}

function Usage({ point }: { readonly point: TreePoint }) {
  const { t } = useTranslation();
  if (point.isBare) return <span className="muted">{t('losses.bare')}</span>;
  if (point.usage === null) return <span className="muted">{t('losses.unknown')}</span>;
  return (
    <span className="num nowrap">
      {point.estimated && <span className="tag tag-busy">{t('losses.estimate')}</span>}{' '}
      {formatQuantity(point.usage, point.commodity)}
    </span>
  );
}
