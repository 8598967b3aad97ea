import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Popconfirm, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ALLOCATED, type Allocated, WEIGHTS, type Weight } from '../../../domain/meter-tree.ts';
import { lossesApi } from '../api/losses.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

/** What is shared out from this month on, and what was said for others. */
export function Allocate({ main, month }: { readonly main: number; readonly month: string }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const said = useQuery({
    queryKey: ['allocations', site.id],
    queryFn: ({ signal }) => lossesApi.allocations(site.id, signal),
  });
  const own = (said.data?.items ?? [])
    .filter((one) => one.main.id === main)
    .sort((a, b) => a.fromMonth.localeCompare(b.fromMonth));
  const current = own.findLast(({ fromMonth }) => fromMonth <= month);
  const [what, setWhat] = useState<Allocated>();
  const [weight, setWeight] = useState<Weight>();
  const chosen = { what: what ?? current?.what ?? 'residual', weight: weight ?? current?.weight ?? 'area' };
  const renew = (): Promise<void> => client.invalidateQueries({ queryKey: ['allocations', site.id] });
  const save = useMutation({
    mutationFn: () => lossesApi.allocate({ main, fromMonth: month, ...chosen }),
    onSuccess: renew,
  });
  const takeBack = useMutation({ mutationFn: lossesApi.takeBack, onSuccess: renew });
  const error = save.error ?? takeBack.error ?? said.error;
  return (
    <section className="stack" aria-label={t('losses.allocate')}>
      <h2>{t('losses.allocate')}</h2>
      {own.map((one) => (
        <div className="row" key={one.id}>
          <span>
            {t('losses.from', { month: one.fromMonth })}: {t(`losses.what.${one.what}`)}
            {one.what !== 'nothing' && ` · ${t(`losses.weight.${one.weight}`)}`}{' '}
            <span className="muted">{one.createdBy}</span>
          </span>
          <Popconfirm
            title={t('losses.takeBackSure')}
            okText={t('losses.takeBack')}
            cancelText={t('losses.keep')}
            onConfirm={() => takeBack.mutate(one.id)}
          >
            <Button size="small">{t('losses.takeBack')}</Button>
          </Popconfirm>
        </div>
      ))}
      <div className="row">
        <Select
          className="filter"
          aria-label={t('losses.whatLabel')}
          value={chosen.what}
          onChange={setWhat}
          options={ALLOCATED.map((value) => ({ value, label: t(`losses.what.${value}`) }))}
        />
        <Select
          className="filter"
          aria-label={t('losses.weightLabel')}
          value={chosen.weight}
          disabled={chosen.what === 'nothing'}
          onChange={setWeight}
          options={WEIGHTS.map((value) => ({ value, label: t(`losses.weight.${value}`) }))}
        />
        <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
          {t('losses.allocateFrom', { month })}
        </Button>
      </div>
      <p className="muted">{t('losses.allocateHint')}</p>
      {save.isSuccess && <Alert type="success" showIcon title={t('losses.saved')} />}
      {error !== null && <Alert type="error" showIcon title={describeError(error, t)} />}
    </section>
  );
}
