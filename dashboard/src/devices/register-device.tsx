import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SEGMENT } from '../../../contracts/mqtt.ts';
import { api, type DeviceCreated } from '../api.ts';
import { languageOf } from '../i18n.ts';
import { useSession } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { FirstMessage } from './first-message.tsx';

interface Entries {
  readonly serial: string;
  readonly profile: string;
  readonly place?: string;
}

/** A form, then the secret (once), the MQTT settings, and the first message when it comes. */
export function RegisterDevice(props: {
  readonly onClose: () => void;
  readonly onOpen: (device: string) => void;
}) {
  const { t, i18n } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const [form] = Form.useForm<Entries>();
  const [created, setCreated] = useState<DeviceCreated | null>(null);
  const profiles = useQuery({
    queryKey: ['profiles'],
    queryFn: ({ signal }) => api.profiles(signal),
    staleTime: 300_000,
  });
  const register = useMutation({
    mutationFn: ({ serial, profile, place }: Entries) =>
      api.registerDevice({
        site: site.id,
        serial: serial.trim(),
        profile,
        ...(place?.trim() ? { place: place.trim() } : {}),
      }),
    onSuccess(device) {
      setCreated(device);
      void client.invalidateQueries({ queryKey: ['devices'] });
    },
  });
  const language = languageOf(i18n.language) === 'en' ? 'en' : 'zh';

  if (created !== null) {
    const points = profiles.data?.items.find((profile) => profile.id === created.profile)?.points ?? [];
    return (
      <Modal
        open
        width={640}
        title={t('registerDevice.done')}
        // The secret is gone once this is closed: not by a stray click beside it.
        mask={{ closable: false }}
        onCancel={props.onClose}
        footer={[
          <Button key="open" onClick={() => props.onOpen(created.id)}>
            {t('registerDevice.openDevice')}
          </Button>,
          <Button key="close" type="primary" onClick={props.onClose}>
            {t('common.close')}
          </Button>,
        ]}
      >
        <FirstMessage created={created} points={points} />
      </Modal>
    );
  }
  return (
    <Modal
      open
      title={t('registerDevice.title')}
      okText={t('registerDevice.submit')}
      okButtonProps={{ loading: register.isPending }}
      onOk={form.submit}
      onCancel={props.onClose}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={register.mutate}>
        <Form.Item label={t('registerDevice.site')}>{site.name}</Form.Item>
        <Form.Item
          name="serial"
          label={t('registerDevice.serial')}
          extra={t('registerDevice.serialHint')}
          rules={[
            { required: true, message: t('registerDevice.serialMissing') },
            { pattern: SEGMENT, message: t('registerDevice.serialWrong') },
          ]}
        >
          <Input autoFocus spellCheck={false} autoCapitalize="none" maxLength={64} className="mono" />
        </Form.Item>
        <Form.Item
          name="profile"
          label={t('registerDevice.profile')}
          rules={[{ required: true, message: t('registerDevice.profileMissing') }]}
        >
          <Select
            loading={profiles.isPending}
            options={(profiles.data?.items ?? []).map((profile) => ({
              value: profile.id,
              label: profile.name[language],
            }))}
          />
        </Form.Item>
        <Form.Item
          name="place"
          label={t('registerDevice.place')}
          extra={t('registerDevice.placeHint', { example: 'A-101' })}
        >
          <Input spellCheck={false} maxLength={64} />
        </Form.Item>
      </Form>
      {profiles.error !== null && <Alert type="error" showIcon title={describeError(profiles.error, t)} />}
      {register.error !== null && <Alert type="error" showIcon title={describeError(register.error, t)} />}
    </Modal>
  );
}
