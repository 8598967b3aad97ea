import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { describeError } from './states.tsx';

/** Asks why before something is done that is kept on record; says what it means first. */
export function ReasonDialog(props: {
  readonly title: string;
  readonly hint: string;
  readonly okText: string;
  readonly danger?: boolean;
  readonly act: (reason: string) => Promise<unknown>;
  readonly onClose: () => void;
}) {
  const { title, hint, okText, danger = false, act, onClose } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const id = useId();
  const [reason, setReason] = useState('');
  const action = useMutation({
    mutationFn: () => act(reason.trim()),
    async onSuccess() {
      await client.invalidateQueries();
      onClose();
    },
  });
  return (
    <Modal
      open
      title={title}
      okText={okText}
      okButtonProps={{ danger, disabled: reason.trim() === '', loading: action.isPending }}
      onOk={() => action.mutate()}
      onCancel={onClose}
    >
      <div className="stack">
        <p className="muted">{hint}</p>
        <label htmlFor={id}>{t('command.reason')}</label>
        <Input.TextArea
          id={id}
          rows={2}
          maxLength={500}
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        {action.error !== null && <Alert type="error" showIcon title={describeError(action.error, t)} />}
      </div>
    </Modal>
  );
}
