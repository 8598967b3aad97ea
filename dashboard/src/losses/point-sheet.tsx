import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { POINT_ROLES } from '../../../domain/meter-tree.ts';
import { lossesApi, type TreePoint } from '../api/losses.ts';
import { Sheet } from '../ui/sheet.tsx';
import { describeError } from '../ui/states.tsx';

/** What a point lies behind, and what it is for. */
export function PointSheet(props: {
  readonly point: TreePoint;
  readonly mains: readonly TreePoint[];
  readonly onClose: () => void;
}) {
  const { point, mains, onClose } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const [main, setMain] = useState(point.mainId);
  const [role, setRole] = useState(point.role);
  const save = useMutation({
    mutationFn: () =>
      lossesApi.change(point.id, {
        ...(main === point.mainId ? {} : { main }),
        ...(role === point.role ? {} : { role }),
      }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['meter-tree'] });
      onClose();
    },
  });
  const target = mains.find(({ id }) => id === main);
  return (
    <Sheet title={point.code} onClose={onClose}>
      <div className="stack">
        <label htmlFor="point-main">{t('losses.behindWhat')}</label>
        <Select
          id="point-main"
          showSearch={{ optionFilterProp: 'label' }}
          value={main ?? 0}
          onChange={(value: number) => setMain(value === 0 ? null : value)}
          options={[
            { value: 0, label: t('losses.behindNothing') },
            ...mains.map(({ id, code }) => ({ value: id, label: code })),
          ]}
        />
        <label htmlFor="point-role">{t('losses.roleLabel')}</label>
        <Select
          id="point-role"
          value={role}
          onChange={setRole}
          options={POINT_ROLES.map((value) => ({ value, label: t(`losses.role.${value}`) }))}
        />
        <p className="muted">{t(`losses.roleHint.${role}`)}</p>
        {target && target.role !== 'main' && (
          <Alert type="warning" showIcon title={t('losses.becomesMain', { code: target.code })} />
        )}
        <p className="muted">{t('losses.changeHint')}</p>
        <Button
          type="primary"
          loading={save.isPending}
          disabled={main === point.mainId && role === point.role}
          onClick={() => save.mutate()}
        >
          {t('losses.save')}
        </Button>
        {save.error !== null && <Alert type="error" showIcon title={describeError(save.error, t)} />}
      </div>
    </Sheet>
  );
}
