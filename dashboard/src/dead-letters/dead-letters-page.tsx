import { Input, Segmented, Select } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { DEAD_LETTER_REASONS } from '../../../domain/dead-letters.ts';
import { api, type DeadLetter } from '../api.ts';
import { useSession } from '../session.tsx';
import { PagedTable } from '../ui/paged-table.tsx';
import { EmptyState } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { useAddress } from '../ui/use-address.ts';
import { asHex, asText, bytesOf } from './payload.ts';

export function DeadLettersPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const [get, put] = useAddress();
  const filter = { site: site.id, device: get('device'), reason: get('reason') };

  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('deadLetter.title')}</h1>
        <div className="filters">
          <Select
            className="filter"
            allowClear
            aria-label={t('deadLetter.reasonLabel')}
            placeholder={t('deadLetter.reasonLabel')}
            value={filter.reason}
            onChange={(reason: string | undefined) => put({ reason })}
            options={DEAD_LETTER_REASONS.map((reason) => ({
              value: reason,
              label: t(`deadLetter.reason.${reason}`),
            }))}
          />
          <Input.Search
            className="filter-wide"
            allowClear
            aria-label={t('deadLetter.deviceFilter')}
            placeholder={t('deadLetter.deviceFilter')}
            defaultValue={filter.device}
            onSearch={(device) => put({ device: device.trim() })}
          />
        </div>
      </div>
      <p className="page-intro">{t('deadLetter.intro')}</p>
      <PagedTable<DeadLetter>
        queryKey={['dead-letters', filter]}
        read={(cursor, signal) => api.deadLetters({ ...filter, cursor, limit: 100 }, signal)}
        rowKey={(letter) => letter.id}
        refreshMs={15_000}
        empty={<EmptyState title={t('deadLetter.empty')} hint={t('deadLetter.emptyHint')} />}
        expanded={(letter) => <Payload letter={letter} />}
        columns={[
          {
            title: t('deadLetter.time'),
            key: 'time',
            width: 170,
            render: (_, letter) => <Time at={letter.receivedAt} />,
          },
          {
            title: t('deadLetter.device'),
            key: 'device',
            width: 180,
            render: (_, letter) => (
              <Link
                className="mono"
                to={`/devices?device=${encodeURIComponent(letter.device)}`}
                onClick={(event) => event.stopPropagation()}
              >
                {letter.device}
              </Link>
            ),
          },
          {
            title: t('deadLetter.reasonLabel'),
            key: 'reason',
            width: 130,
            render: (_, letter) => (
              <span className="tag tag-bad">{t(`deadLetter.reason.${letter.reason}`)}</span>
            ),
          },
          {
            title: t('deadLetter.whatToDo'),
            key: 'todo',
            responsive: ['md'],
            render: (_, letter) => t(`deadLetter.todo.${letter.reason}`),
          },
        ]}
      />
    </div>
  );
}

function Payload({ letter }: { readonly letter: DeadLetter }) {
  const { t } = useTranslation();
  const [form, setForm] = useState<'text' | 'hex'>('text');
  const bytes = useMemo(() => bytesOf(letter.payloadBase64), [letter.payloadBase64]);
  return (
    <div className="payload">
      <p>
        <strong>{t('deadLetter.whatToDo')}: </strong>
        {t(`deadLetter.todo.${letter.reason}`)}
      </p>
      <p className="muted mono">
        {letter.topic} · {letter.detail}
      </p>
      <div className="telemetry-bar">
        <span>
          <strong>{t('deadLetter.payload')}</strong>{' '}
          <span className="muted">{t('deadLetter.bytes', { count: bytes.length })}</span>
        </span>
        <Segmented
          size="small"
          value={form}
          onChange={setForm}
          aria-label={t('deadLetter.payload')}
          options={[
            { value: 'text', label: t('deadLetter.text') },
            { value: 'hex', label: t('deadLetter.hex') },
          ]}
        />
      </div>
      <pre className="bytes">{form === 'text' ? asText(bytes) : asHex(bytes)}</pre>
    </div>
  );
}
