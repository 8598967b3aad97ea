import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { CommandStatus } from '../../../domain/commands.ts';
import { api, type DeviceDetail } from '../api.ts';
import { useMay } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const TAGS: Record<CommandStatus, string> = {
  queued: 'tag tag-busy',
  sent: 'tag tag-busy',
  succeeded: 'tag tag-good',
  failed: 'tag tag-bad',
  expired: 'tag tag-bad',
};
const UNDER_WAY: readonly CommandStatus[] = ['queued', 'sent'];

/** Two steps: choose, then confirm with a reason. What is shown afterwards is what the device acknowledged. */
export function Commands({ device }: { readonly device: DeviceDetail }) {
  const { t, i18n } = useTranslation();
  const maySend = useMay('commands:send');
  const [asking, setAsking] = useState<string | null>(null);
  const blocked = !device.online || device.stale || !device.enabled;
  const commands = useQuery({
    queryKey: ['commands', device.id],
    queryFn: ({ signal }) => api.commands(device.id, signal),
    refetchInterval: ({ state }) =>
      state.data?.items.some((one) => UNDER_WAY.includes(one.status)) ? 1_000 : 15_000,
  });
  const nameOf = (op: string) =>
    i18n.exists(`command.op.${op}`) ? t(`command.op.${op}` as 'command.op.open') : op;

  return (
    <>
      <h3>{t('command.title')}</h3>
      {maySend && (
        <div className="stack">
          <div className="row">
            {device.commands.map((op) => (
              <Button key={op} disabled={blocked} onClick={() => setAsking(op)}>
                {nameOf(op)}
              </Button>
            ))}
          </div>
          {blocked && <Alert type="warning" showIcon title={t('command.blocked')} />}
        </div>
      )}
      {commands.data?.items.length === 0 && <p className="muted">{t('command.none')}</p>}
      <table className="values">
        <tbody>
          {commands.data?.items.map((command) => (
            <tr key={command.id} data-command={command.status}>
              <td>
                <strong>{nameOf(command.op)}</strong>
                <div className="muted">{command.reason}</div>
              </td>
              <td>
                <span className={TAGS[command.status]}>{t(`command.status.${command.status}`)}</span>
                <div className="muted">
                  {command.requestedBy} · <Time at={command.finishedAt ?? command.createdAt} />
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {asking !== null && (
        <ConfirmCommand
          device={device}
          op={asking}
          name={nameOf(asking)}
          blocked={blocked}
          onDone={() => setAsking(null)}
        />
      )}
    </>
  );
}

function ConfirmCommand(props: {
  readonly device: DeviceDetail;
  readonly op: string;
  readonly name: string;
  readonly blocked: boolean;
  readonly onDone: () => void;
}) {
  const { t } = useTranslation();
  const { device, op, name, blocked, onDone } = props;
  const client = useQueryClient();
  const [form] = Form.useForm<{ reason: string }>();
  const send = useMutation({
    mutationFn: ({ reason }: { reason: string }) => api.sendCommand(device.id, { op, reason: reason.trim() }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['commands', device.id] });
      onDone();
    },
  });
  const where = device.place === null ? device.serial : `${device.serial} (${device.place.code})`;
  return (
    <Modal
      open
      title={t('command.confirm', { device: where, op: name })}
      okText={t('command.send')}
      okButtonProps={{ disabled: blocked, loading: send.isPending }}
      onOk={form.submit}
      onCancel={onDone}
    >
      <p className="muted">{t('command.confirmHint')}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={send.mutate}>
        <Form.Item
          name="reason"
          label={t('command.reason')}
          rules={[{ required: true, whitespace: true, message: t('command.reasonMissing') }]}
        >
          <Input.TextArea rows={2} maxLength={500} autoFocus />
        </Form.Item>
      </Form>
      {blocked && <Alert type="warning" showIcon title={t('command.blocked')} />}
      {send.error !== null && <Alert type="error" showIcon title={describeError(send.error, t)} />}
    </Modal>
  );
}
