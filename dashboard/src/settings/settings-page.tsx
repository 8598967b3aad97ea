import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type SiteSettings, zSiteSettingsInput } from '../../../contracts/settings.ts';
import { type SettingsView, settingsApi } from '../api/settings.ts';
import { useMay, useSession } from '../session.tsx';
import { describeError, ErrorState, Loading } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';
import { UnsavedGuard } from '../ui/unsaved-guard.tsx';
import { SettingRow } from './control.tsx';
import { type Field, GROUPS, valueAt, withValue } from './fields.ts';
import './settings.css';

export function SettingsPage() {
  const { t } = useTranslation();
  const { site } = useSession();
  const settings = useQuery({
    queryKey: ['settings', site.id],
    queryFn: ({ signal }) => settingsApi.read(site.id, signal),
    // What is being edited is not replaced under the editor's hands.
    refetchOnWindowFocus: false,
  });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{t('settings.title')}</h1>
      </div>
      <p className="page-intro">{t('settings.intro')}</p>
      {settings.data === undefined ? (
        settings.error ? (
          <ErrorState error={settings.error} retry={() => void settings.refetch()} />
        ) : (
          <Loading page />
        )
      ) : (
        <SettingsForm key={`${site.id} ${settings.data.updatedAt}`} stored={settings.data} />
      )}
    </div>
  );
}

const isChanged = (field: Field, a: SiteSettings, b: SiteSettings): boolean =>
  JSON.stringify(valueAt(a, field.path)) !== JSON.stringify(valueAt(b, field.path));

function SettingsForm({ stored }: { readonly stored: SettingsView }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayChange = useMay('settings:write');
  const client = useQueryClient();
  const [draft, setDraft] = useState(stored.settings);
  const parsed = zSiteSettingsInput.safeParse(draft);
  const faults = parsed.success ? [] : parsed.error.issues;
  const changed = GROUPS.flatMap(({ fields }) =>
    fields.filter((field) => isChanged(field, draft, stored.settings)),
  ).length;
  const save = useMutation({
    mutationFn: (settings: SiteSettings) =>
      settingsApi.change(site.id, { settings, updatedAt: stored.updatedAt }),
    onSuccess: (view) => client.setQueryData(['settings', site.id], view),
  });
  return (
    <form
      className="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (parsed.success) save.mutate(parsed.data);
      }}
    >
      <UnsavedGuard unsaved={changed > 0 && !save.isSuccess} />
      <p className="muted settings-last">
        {stored.updatedAt === null ? (
          t('settings.neverChanged')
        ) : (
          <>
            {t('settings.lastChanged', { who: stored.updatedBy ?? '—' })} <Time at={stored.updatedAt} />
          </>
        )}
        {!mayChange && (
          <>
            <br />
            {t('settings.readOnly')}
          </>
        )}
      </p>
      {GROUPS.map(({ code, fields }) => (
        <section key={code} className="panel panel-pad" aria-labelledby={`settings-${code}`}>
          <h2 id={`settings-${code}`}>{t(`settings.group.${code}` as 'settings.title')}</h2>
          {fields.map((field) => (
            <SettingRow
              key={field.words}
              field={field}
              value={valueAt(draft, field.path)}
              faults={faults}
              disabled={!mayChange}
              onChange={(value) => setDraft(withValue(draft, field.path, value))}
            />
          ))}
        </section>
      ))}
      {save.error !== null && <Alert type="error" showIcon title={describeError(save.error, t)} />}
      {mayChange && (
        <div className="save-bar">
          <span role="status">
            {faults.length > 0
              ? t('settings.faults', { count: faults.length })
              : changed > 0
                ? t('settings.unsaved', { count: changed })
                : t('settings.allSaved')}
          </span>
          <Button disabled={changed === 0} onClick={() => setDraft(stored.settings)}>
            {t('settings.discard')}
          </Button>
          <Button
            type="primary"
            htmlType="submit"
            disabled={changed === 0 || faults.length > 0}
            loading={save.isPending}
          >
            {t('settings.save')}
          </Button>
        </div>
      )}
    </form>
  );
}
