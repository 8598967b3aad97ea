import { Button } from 'antd';
import { Component, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Notice } from '../ui/notice.tsx';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <Notice title={t('errors.pageNotFound')} hint={t('errors.pageNotFoundHint')}>
      <Link to="/">{t('errors.backHome')}</Link>
    </Notice>
  );
}

function CrashPage() {
  const { t } = useTranslation();
  return (
    <Notice alert title={t('errors.crashed')} hint={t('errors.crashedHint')}>
      <Button type="primary" onClick={() => location.reload()}>
        {t('common.refresh')}
      </Button>
    </Notice>
  );
}

/** Catches what rendering throws, and a page's code that is gone because the server was upgraded. */
export class CrashBoundary extends Component<
  { readonly children: ReactNode },
  { readonly crashed: boolean }
> {
  override state = { crashed: false };

  static getDerivedStateFromError(): { crashed: boolean } {
    return { crashed: true };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
  }

  override render(): ReactNode {
    return this.state.crashed ? <CrashPage /> : this.props.children;
  }
}
