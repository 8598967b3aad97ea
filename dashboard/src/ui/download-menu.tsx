import DownloadOutlined from '@ant-design/icons/es/icons/DownloadOutlined';
import { useMutation } from '@tanstack/react-query';
import { Button, Dropdown } from 'antd';
import { useTranslation } from 'react-i18next';
import { describeError } from './states.tsx';

/** Files that can be taken along; says what went wrong when one cannot. */
export function DownloadMenu(props: {
  readonly label: string;
  readonly files: readonly { readonly label: string; readonly save: () => Promise<void> }[];
}) {
  const { t } = useTranslation();
  const saving = useMutation({ mutationFn: (save: () => Promise<void>) => save() });
  return (
    <span className="download">
      <Dropdown
        trigger={['click']}
        menu={{
          items: props.files.map(({ label }, key) => ({ key, label })),
          onClick: ({ key }) => {
            const file = props.files[Number(key)];
            if (file) saving.mutate(file.save);
          },
        }}
      >
        <Button icon={<DownloadOutlined />} loading={saving.isPending}>
          {props.label}
        </Button>
      </Dropdown>
      {saving.error !== null && (
        <span role="alert" className="field-fault">
          {describeError(saving.error, t)}
        </span>
      )}
    </span>
  );
}
