import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Form, Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Statement, settlementApi } from '../api/settlement.ts';
import { serverNow } from '../api.ts';
import { formatMoney, formatTime } from '../format.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

interface Fields {
  readonly bankRef: string;
  readonly paidOn: string;
}

/** Marks what is payable as paid, after the bank has done it. */
export function PayoutDialog({
  statement,
  onClose,
}: {
  readonly statement: Statement;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const { party, payable, currency } = statement;
  const pay = useMutation({
    mutationFn: (fields: Fields) =>
      settlementApi.payOut({ site: statement.site, party: party.id, amount: payable, ...fields }),
    async onSuccess() {
      await client.invalidateQueries();
      onClose();
    },
  });
  const missing = { required: true, whitespace: true, message: t('fault.missing') };
  return (
    <Modal
      open
      title={t('settlement.payoutTitle', { party: party.name, amount: formatMoney(payable, currency) })}
      okText={t('settlement.payOut')}
      okButtonProps={{ loading: pay.isPending }}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p className="muted">{t('settlement.payoutHint')}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ paidOn: formatTime(serverNow(), site.timeZone, 'day') }}
        onFinish={pay.mutate}
      >
        <Form.Item name="bankRef" label={t('settlement.bankRef')} rules={[missing]}>
          <Input maxLength={64} autoFocus />
        </Form.Item>
        <Form.Item name="paidOn" label={t('settlement.paidOn')} rules={[missing]}>
          <Input type="date" />
        </Form.Item>
      </Form>
      {pay.error !== null && <Alert type="error" showIcon title={describeError(pay.error, t)} />}
    </Modal>
  );
}
