import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gatesApi } from '../api/gates.ts';
import { api, serverNow } from '../api.ts';
import { formatMoney } from '../format.ts';
import { useMay, useSession } from '../session.tsx';
import { Facts } from '../ui/facts.tsx';
import { describeError } from '../ui/states.tsx';

/** By which tariff drivers pay for themselves, and whether what was collected is what was charged. */
export function WalkIn() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('gates:write');
  const client = useQueryClient();
  const [tariff, setTariff] = useState<string>();
  const walkIn = useQuery({
    queryKey: ['walk-in', site.id],
    queryFn: ({ signal }) => gatesApi.walkIn(site.id, signal),
  });
  const tariffs = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
  });
  const choose = useMutation({
    mutationFn: (code: string) =>
      gatesApi.setWalkIn({ site: site.id, tariff: code, startsAt: new Date(serverNow()).toISOString() }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['walk-in', site.id] }),
  });
  const error = walkIn.error ?? choose.error;
  const current = walkIn.data?.tariffs.at(-1)?.tariff;
  const name = tariffs.data?.items.find(({ code }) => code === current)?.name ?? current;
  const balance = walkIn.data?.balance ?? '0';
  return (
    <section className="panel panel-pad stack" aria-label={t('gates.walkIn')}>
      <h2>{t('gates.walkIn')}</h2>
      {walkIn.data !== undefined && (
        <Facts
          items={[
            [t('gates.walkInTariff'), name ?? t('gates.noWalkIn')],
            walkIn.data.lease === null ? null : [t('gates.balance'), formatMoney(balance, site.currency)],
          ]}
        />
      )}
      <p className="muted">{t('gates.walkInHint')}</p>
      {mayWrite && (
        <div className="row">
          <Select
            className="filter"
            style={{ minWidth: 160 }}
            aria-label={t('gates.walkInTariff')}
            placeholder={t('gates.walkInTariff')}
            value={tariff}
            onChange={setTariff}
            options={(tariffs.data?.items ?? [])
              .filter(({ commodity }) => commodity === 'gate')
              .map(({ code, name }) => ({ value: code, label: name }))}
          />
          <Button
            disabled={tariff === undefined || tariff === current}
            loading={choose.isPending}
            onClick={() => tariff !== undefined && choose.mutate(tariff)}
          >
            {t('gates.chooseTariff')}
          </Button>
        </div>
      )}
      {error !== null && <Alert type="error" showIcon title={describeError(error, t)} />}
    </section>
  );
}
