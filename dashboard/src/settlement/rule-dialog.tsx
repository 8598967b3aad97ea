import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { COMMODITIES, type Commodity } from '../../../domain/commodities.ts';
import { splitRefusal } from '../../../domain/settlement-split.ts';
import { settlementApi } from '../api/settlement.ts';
import { serverNow } from '../api.ts';
import { dayRange } from '../day-range.ts';
import { formatTime } from '../format.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';

interface Fields {
  readonly commodity?: Commodity;
  readonly component: string;
  readonly from: string;
  readonly shares: readonly { readonly partyId?: number; readonly percent?: string }[];
}

const PERCENT = /^\d{1,3}(\.\d{1,4})?$/;
const SHARES_MAX = 10;

/** A new version of how a component is divided. */
export function RuleDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const shares = Form.useWatch('shares', form) ?? [];
  const candidates = useQuery({
    queryKey: ['settlement-candidates'],
    queryFn: ({ signal }) => settlementApi.candidates(signal),
  });
  const create = useMutation({
    mutationFn: ({ commodity, component, from, shares: chosen }: Fields) =>
      settlementApi.createRule({
        site: site.id,
        commodity: commodity ?? null,
        component,
        effectiveFrom: dayRange(from, site.timeZone)?.from ?? '',
        shares: chosen,
      }),
    async onSuccess() {
      await client.invalidateQueries();
      onClose();
    },
  });
  const whole = shares.flatMap((share) =>
    share?.partyId !== undefined && PERCENT.test(share.percent ?? '')
      ? [{ partyId: share.partyId, percent: share.percent ?? '' }]
      : [],
  );
  const refused = splitRefusal(whole);
  const missing = { required: true, message: t('fault.missing') };
  return (
    <Modal
      open
      title={t('settlement.addRule')}
      okText={t('common.confirm')}
      okButtonProps={{ loading: create.isPending }}
      onOk={form.submit}
      onCancel={onClose}
    >
      <p className="muted">{t('settlement.ruleHint')}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{
          from: formatTime(serverNow(), site.timeZone, 'day'),
          shares: [{}, {}],
        }}
        onFinish={(fields) => create.mutate(fields)}
      >
        <Form.Item name="component" label={t('settlement.componentCode')} rules={[missing]}>
          <Input maxLength={64} placeholder="service" />
        </Form.Item>
        <Form.Item name="commodity" label={t('feeLine.commodity')}>
          <Select
            allowClear
            placeholder={t('settlement.anyCommodity')}
            options={COMMODITIES.map((value) => ({ value, label: t(`commodity.${value}`) }))}
          />
        </Form.Item>
        <Form.Item
          name="from"
          label={t('settlement.from')}
          extra={t('settlement.fromHint')}
          rules={[missing]}
        >
          <Input type="date" />
        </Form.Item>
        <Form.List name="shares">
          {(fields, { add, remove }) => (
            <div className="stack">
              {fields.map(({ key, name }) => (
                <div key={key} className="row">
                  <Form.Item name={[name, 'partyId']} rules={[missing]} className="share-party" noStyle>
                    <Select
                      className="filter"
                      aria-label={`${t('settlement.party')} ${name + 1}`}
                      placeholder={t('settlement.party')}
                      loading={candidates.isPending}
                      options={(candidates.data ?? []).map(({ id, name: label, kind }) => ({
                        value: id,
                        label: `${label} (${t(`settlement.kind.${kind}`)})`,
                      }))}
                    />
                  </Form.Item>
                  <Form.Item
                    name={[name, 'percent']}
                    rules={[missing, { pattern: PERCENT, message: t('fault.percent') }]}
                    noStyle
                  >
                    <Input
                      className="tiny-input"
                      aria-label={`${t('settlement.percent')} ${name + 1}`}
                      inputMode="decimal"
                      suffix="%"
                      maxLength={8}
                    />
                  </Form.Item>
                  {fields.length > 1 && (
                    <Button onClick={() => remove(name)}>{t('settlement.remove')}</Button>
                  )}
                </div>
              ))}
              <div className="row">
                {fields.length < SHARES_MAX && (
                  <Button onClick={() => add({})}>{t('settlement.addShare')}</Button>
                )}
                <span
                  aria-live="polite"
                  className={refused?.why === 'not_100' ? 'tag tag-bad' : 'tag tag-good'}
                >
                  {t('settlement.sum', { sum: refused?.sum ?? '100' })}
                </span>
              </div>
            </div>
          )}
        </Form.List>
      </Form>
      {create.error !== null && <Alert type="error" showIcon title={describeError(create.error, t)} />}
    </Modal>
  );
}
