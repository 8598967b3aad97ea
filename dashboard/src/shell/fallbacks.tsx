import { Button, Result } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, useRouteError } from 'react-router';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <div className="state">
      <Result
        status="info"
        title={t('errors.pageNotFound')}
        subTitle={t('errors.pageNotFoundHint')}
        extra={
          <Link to="/">
            <Button type="primary">{t('errors.backHome')}</Button>
          </Link>
        }
      />
    </div>
  );
}

/** Shown when rendering threw, or a page's code could not be fetched after the server was upgraded. */
export function CrashPage() {
  const { t } = useTranslation();
  const error = useRouteError();
  console.error(error);
  return (
    <div className="state" role="alert">
      <Result
        status="warning"
        title={t('errors.crashed')}
        subTitle={t('errors.crashedHint')}
        extra={
          <Button type="primary" onClick={() => location.reload()}>
            {t('common.refresh')}
          </Button>
        }
      />
    </div>
  );
}
