import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { mayDismiss, RULE } from '../../../domain/cases.ts';
import { type CaseDetail, casesApi } from '../api/cases.ts';
import { useMay } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { Dismiss } from './dismiss.tsx';
import { aboutOf, CASE_VIEWS } from './kinds.ts';
import { useResolution } from './resolution.ts';

/** One case: what it is, its kind's card, and what was decided. */
export function CaseSheet({ id, onClose }: { readonly id: number; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const one = useQuery({ queryKey: ['case', id], queryFn: ({ signal }) => casesApi.one(id, signal) });
  const decided = () => {
    for (const key of ['case', 'cases', 'case-summary', 'readings']) {
      void client.invalidateQueries({ queryKey: [key] });
    }
  };
  return (
    <Sheet
      title={one.data ? t(`cases.kind.${one.data.kind}`) : t('cases.title')}
      width={640}
      onClose={onClose}
    >
      {one.data !== undefined ? (
        <Opened one={one.data} onDecided={decided} />
      ) : one.error ? (
        <ErrorState error={one.error} retry={() => void one.refetch()} />
      ) : (
        <Loading />
      )}
    </Sheet>
  );
}

function Opened({ one, onDecided }: { readonly one: CaseDetail; readonly onDecided: () => void }) {
  const { t } = useTranslation();
  const resolution = useResolution();
  const mayDecide = useMay('cases:decide');
  const Card = CASE_VIEWS[one.kind]?.card;
  return (
    <div className="stack">
      <p className="page-intro">{t(`cases.explain.${one.kind}`)}</p>
      <Facts
        items={[
          [t('cases.about'), aboutOf(one)],
          [t('cases.opened'), <Time key="opened" at={one.openedAt} />],
          one.count === 1
            ? null
            : [
                t('cases.again'),
                <span key="again">
                  {t('cases.times', { count: one.count })} · <Time at={one.lastSeenAt} />
                </span>,
              ],
        ]}
      />
      {one.status === 'closed' && (
        <div className="note">
          <strong>{resolution(one.resolution)}</strong>
          <div className="muted">
            {one.closedBy === RULE ? t('cases.byRule') : one.closedBy} · <Time at={one.closedAt} />
          </div>
          {one.note !== null && <div>{one.note}</div>}
        </div>
      )}
      {Card === undefined ? (
        <Subject subject={one.subject} />
      ) : (
        <Suspense fallback={<Loading />}>
          <Card one={one} onDecided={onDecided} />
        </Suspense>
      )}
      {one.status === 'open' && mayDecide && mayDismiss(one.kind) && (
        <Dismiss id={one.id} onDone={onDecided} />
      )}
      {one.decisions.length > 0 && <Decisions one={one} />}
    </div>
  );
}

function Decisions({ one }: { readonly one: CaseDetail }) {
  const { t } = useTranslation();
  const resolution = useResolution();
  return (
    <section>
      <h2>{t('cases.decisions')}</h2>
      <ul className="cards">
        {one.decisions.map(({ id, at, actor, action, detail }) => (
          <li key={id} className="card">
            <div className="card-head">
              <strong>{resolution(action.replace(/^case\./, ''))}</strong>
              <span className="muted">
                {actor} · <Time at={at} />
              </span>
            </div>
            {typeof detail['note'] === 'string' && <div>{detail['note']}</div>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Subject({ subject }: { readonly subject: CaseDetail['subject'] }) {
  return (
    <Facts
      items={Object.entries(subject).map(([name, value]) => [
        name,
        <span key={name} className="mono">
          {typeof value === 'string' ? value : JSON.stringify(value)}
        </span>,
      ])}
    />
  );
}
