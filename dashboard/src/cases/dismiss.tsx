import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { casesApi } from '../api/cases.ts';
import { describeError } from '../ui/states.tsx';

/** Closes a case that was settled elsewhere; a note says how. */
export function Dismiss({ id, onDone }: { readonly id: number; readonly onDone: () => void }) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const dismiss = useMutation({ mutationFn: () => casesApi.dismiss(id, note.trim()), onSuccess: onDone });
  return (
    <div className="stack">
      <Input.TextArea
        aria-label={t('cases.note')}
        placeholder={t('cases.notePlaceholder')}
        maxLength={1_000}
        autoSize={{ minRows: 2 }}
        value={note}
        onChange={(event) => setNote(event.target.value)}
      />
      {dismiss.error !== null && <Alert type="error" showIcon title={describeError(dismiss.error, t)} />}
      <div>
        <Button loading={dismiss.isPending} disabled={note.trim() === ''} onClick={() => dismiss.mutate()}>
          {t('cases.dismiss')}
        </Button>
      </div>
    </div>
  );
}
