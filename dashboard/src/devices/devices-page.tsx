import PlusOutlined from '@ant-design/icons/es/icons/PlusOutlined';
import { Button, Input, Select } from 'antd';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { DEVICE_KINDS } from '../../../domain/device-profiles.ts';
import { api, type Device } from '../api.ts';
import { useMay, useSession } from '../session.tsx';
import { Online } from '../ui/online.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Ago, useServerNow } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';

const DeviceSheet = lazy(async () => ({ default: (await import('./device-sheet.tsx')).DeviceSheet }));
const RegisterDevice = lazy(async () => ({
  default: (await import('./register-device.tsx')).RegisterDevice,
}));

export function DevicesPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayWrite = useMay('devices:write');
  const now = useServerNow();
  const [get, put] = useAddress();
  const [registering, setRegistering] = useState(false);
  const filter = { site: site.id, kind: get('kind'), online: get('online'), q: get('q') };
  const opened = get('device');

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('device.title')}</h1>
        <div className="filters">
          <Input.Search
            className="filter-wide"
            allowClear
            aria-label={t('device.search')}
            placeholder={t('device.search')}
            defaultValue={filter.q}
            onSearch={(q) => put({ q: q.trim() })}
          />
          <Select
            className="filter"
            allowClear
            aria-label={t('device.kind')}
            placeholder={t('device.kind')}
            value={filter.kind}
            onChange={(kind: string | undefined) => put({ kind })}
            options={DEVICE_KINDS.map((kind) => ({ value: kind, label: t(`kind.${kind}`) }))}
          />
          <Select
            className="filter"
            allowClear
            aria-label={t('device.state')}
            placeholder={t('device.state')}
            value={filter.online}
            onChange={(online: string | undefined) => put({ online })}
            options={[
              { value: 'true', label: t('device.online') },
              { value: 'false', label: t('device.offline') },
            ]}
          />
          {mayWrite && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setRegistering(true)}>
              {t('device.register')}
            </Button>
          )}
        </div>
      </div>
      <PagedTable<Device>
        queryKey={['devices', filter]}
        read={(cursor, signal) => api.devices({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(device) => device.id}
        refreshMs={10_000}
        empty={<EmptyState title={t('device.empty')} hint={t('device.emptyHint')} />}
        columns={[
          {
            title: t('device.serial'),
            key: 'serial',
            width: 190,
            render: (_, device) => (
              <button type="button" className="link mono" onClick={() => put({ device: device.id })}>
                {device.serial}
              </button>
            ),
          },
          {
            title: t('device.kind'),
            key: 'kind',
            width: 150,
            responsive: ['md'],
            render: (_, d) => t(`kind.${d.kind}`),
          },
          {
            title: t('device.place'),
            key: 'place',
            width: 130,
            responsive: ['md'],
            render: (_, d) => d.place?.code ?? <span className="muted">{t('device.noPlace')}</span>,
          },
          {
            title: t('device.state'),
            key: 'state',
            width: 200,
            render: (_, d) =>
              d.enabled ? (
                <Online online={d.online} stale={d.stale} />
              ) : (
                <span className="tag tag-bad">{t('device.disabled')}</span>
              ),
          },
          {
            title: t('device.lastSeen'),
            key: 'seen',
            width: 140,
            render: (_, d) => <Ago at={d.lastSeenAt} now={now} />,
          },
          {
            title: t('device.firmware'),
            key: 'firmware',
            responsive: ['lg'],
            render: (_, d) => <span className="mono">{d.firmware ?? '—'}</span>,
          },
        ]}
      />
      <Suspense fallback={null}>
        {opened !== undefined && (
          <DeviceSheet key={opened} id={opened} onClose={() => put({ device: undefined })} />
        )}
        {registering && (
          <RegisterDevice
            onClose={() => setRegistering(false)}
            onOpen={(device) => {
              setRegistering(false);
              put({ device });
            }}
          />
        )}
      </Suspense>
    </div>
  );
}
