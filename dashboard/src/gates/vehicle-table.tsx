import { Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gatesApi, type Vehicle } from '../api/gates.ts';
import { serverNow } from '../api.ts';
import { useMay, useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { useClassName } from './class-name.ts';
import { RegisterVehicle } from './register-vehicle.tsx';
import { VehicleSheet } from './vehicle-sheet.tsx';

export function VehicleTable() {
  const { t } = useTranslation();
  const { site } = useSession();
  const className = useClassName();
  const mayWrite = useMay('gates:write');
  const [get, put] = useAddress();
  const [open, setOpen] = useState<Vehicle | null>(null);
  const [registering, setRegistering] = useState(false);
  const filter = { site: site.id, plate: get('plate') };
  const now = serverNow();
  const passOf = ({ monthlyPasses }: Vehicle) =>
    monthlyPasses.findLast(({ startsAt, endsAt }) => Date.parse(startsAt) <= now && Date.parse(endsAt) > now);
  return (
    <>
      <div className="filters">
        <Input.Search
          key={filter.plate}
          className="filter"
          allowClear
          aria-label={t('gates.plate')}
          placeholder={t('gates.plate')}
          defaultValue={filter.plate}
          onSearch={(plate) => put({ plate: plate.trim() })}
        />
        {mayWrite && (
          <Button type="primary" onClick={() => setRegistering(true)}>
            {t('gates.register')}
          </Button>
        )}
      </div>
      <PagedTable<Vehicle>
        queryKey={['vehicles', filter]}
        read={(cursor, signal) => gatesApi.vehicles({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(row) => row.id}
        empty={<EmptyState title={t('gates.noVehicles')} hint={t('gates.noVehiclesHint')} />}
        columns={[
          {
            title: t('gates.plate'),
            key: 'plate',
            width: 140,
            render: (_, row) => (
              <button type="button" className="link" onClick={() => setOpen(row)}>
                {row.plate}
              </button>
            ),
          },
          {
            title: t('gates.classLabel'),
            key: 'class',
            responsive: ['sm'],
            render: (_, row) => className(row.class),
          },
          {
            title: t('gates.payer'),
            key: 'payer',
            render: (_, row) =>
              row.payer ? (
                `${row.payer.party.name} ${row.payer.stall ?? ''}`
              ) : (
                <span className="muted">{t('gates.driver')}</span>
              ),
          },
          {
            title: t('gates.monthlyPass'),
            key: 'pass',
            render(_, row) {
              const pass = passOf(row);
              return pass ? (
                <span className="tag tag-good">
                  {t('gates.until')} <Time at={Date.parse(pass.endsAt) - 1} style="day" />
                </span>
              ) : (
                <span className="muted">{t('gates.noPass')}</span>
              );
            },
          },
        ]}
      />
      {open && <VehicleSheet key={open.id} vehicle={open} onClose={() => setOpen(null)} />}
      {registering && <RegisterVehicle onClose={() => setRegistering(false)} />}
    </>
  );
}
