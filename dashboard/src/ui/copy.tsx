import { App, Button } from 'antd';
import { useTranslation } from 'react-i18next';

/** Copies; where the browser forbids it (no https), the text stays selectable beside the button. */
export function CopyButton({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  return (
    <Button
      size="small"
      onClick={async () => {
        try {
          await navigator.clipboard.writeText(text);
        } catch {
          if (!copyBySelection(text)) return;
        }
        void message.success(t('common.copied'));
      }}
    >
      {t('common.copy')}
    </Button>
  );
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

export function CopyLine({ text, className }: { readonly text: string; readonly className?: string }) {
  return (
    <div className={`copy-line ${className ?? ''}`}>
      <span className="mono">{text}</span>
      <CopyButton text={text} />
    </div>
  );
}
