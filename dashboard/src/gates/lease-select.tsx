import { useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { zPage } from '../../../contracts/rest.ts';
import { zLease } from '../../../contracts/setup.ts';
import { all, request, toQuery, V1 } from '../api.ts';
import { useSession } from '../session.tsx';

/** A merchant's lease, by its stall or name; null: the driver pays. */
export function LeaseSelect(props: {
  readonly id: string;
  readonly value: number | null;
  readonly onChange: (lease: number | null) => void;
}) {
  const { id, value, onChange } = props;
  const { t } = useTranslation();
  const { site } = useSession();
  const leases = useQuery({
    queryKey: ['leases', site.id],
    queryFn: ({ signal }) =>
      all((cursor) =>
        request(zPage(zLease), `${V1}/leases${toQuery({ site: site.id, cursor, limit: 1000 })}`, { signal }),
      ),
  });
  const merchants = (leases.data?.items ?? []).filter(
    ({ kind, endsAt }) => kind === 'merchant' && endsAt === null,
  );
  return (
    <Select
      id={id}
      showSearch={{ optionFilterProp: 'label' }}
      loading={leases.isPending}
      value={value ?? 0}
      onChange={(lease: number) => onChange(lease === 0 ? null : lease)}
      options={[
        { value: 0, label: t('gates.driver') },
        ...merchants.map((lease) => ({
          value: lease.id,
          label: `${lease.stall?.code ?? ''} ${lease.party.name}`,
        })),
      ]}
    />
  );
}
