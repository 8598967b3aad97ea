import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Input, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { gatesApi } from '../api/gates.ts';
import { useSession } from '../session.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { describeError } from '../ui/states.tsx';
import { CLASSES, useClassName } from './class-name.ts';
import { LeaseSelect } from './lease-select.tsx';

export function RegisterVehicle({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const className = useClassName();
  const client = useQueryClient();
  const [plate, setPlate] = useState('');
  const [seen, setSeen] = useState<string>(CLASSES[0]);
  const [lease, setLease] = useState<number | null>(null);
  const register = useMutation({
    mutationFn: () =>
      gatesApi.register({ site: site.id, plate, class: seen, ...(lease === null ? {} : { lease }) }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['vehicles'] });
      onClose();
    },
  });
  return (
    <Sheet title={t('gates.register')} onClose={onClose}>
      <div className="stack">
        <label htmlFor="vehicle-plate">{t('gates.plate')}</label>
        <Input
          id="vehicle-plate"
          value={plate}
          maxLength={16}
          onChange={({ target }) => setPlate(target.value)}
        />
        <label htmlFor="vehicle-class">{t('gates.classLabel')}</label>
        <Select
          id="vehicle-class"
          value={seen}
          onChange={setSeen}
          options={CLASSES.map((value) => ({ value, label: className(value) }))}
        />
        <label htmlFor="vehicle-payer">{t('gates.payer')}</label>
        <LeaseSelect id="vehicle-payer" value={lease} onChange={setLease} />
        <p className="muted">{t('gates.payerHint')}</p>
        <Button
          type="primary"
          disabled={plate.trim() === ''}
          loading={register.isPending}
          onClick={() => register.mutate()}
        >
          {t('gates.register')}
        </Button>
        {register.error !== null && <Alert type="error" showIcon title={describeError(register.error, t)} />}
      </div>
    </Sheet>
  );
}
