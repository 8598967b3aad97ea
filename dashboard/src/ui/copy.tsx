import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

const SAID_MS = 2_000;

/** Copies, and says so; where the browser forbids it, the text beside the button can still be selected. */
export function CopyButton({ text }: { readonly text: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // Without https a page has no clipboard.
    const done =
      (await navigator.clipboard?.writeText(text).then(
        () => true,
        () => false,
      )) ?? false;
    if (!done && !copyBySelection(text)) return;
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return (
    <Button size="small" onClick={copy} aria-live="polite">
      {t(copied ? 'common.copied' : 'common.copy')}
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

export function CopyLine({ text, className = '' }: { readonly text: string; readonly className?: string }) {
  return (
    <div className={`copy-line ${className}`}>
      <span className="mono">{text}</span>
      <CopyButton text={text} />
    </div>
  );
}
