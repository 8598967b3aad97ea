import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Form, Input } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation } from 'react-router';
import { z } from 'zod';
import { ApiError, api } from '../api.ts';
import { LEFT, useMe } from '../session.tsx';
import { describeError } from '../ui/states.tsx';
import { Brand } from './brand.tsx';
import { LanguageSwitch } from './language-switch.tsx';

/** Left by SessionGate: where to return to, and whether a session has just ended. */
const zArrival = z.object({ from: z.string().startsWith('/'), expired: z.boolean() });

export function SignInPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const location = useLocation();
  const arrival = zArrival.safeParse(location.state).data;
  const me = useMe();
  const signIn = useMutation({
    async mutationFn({ username, password }: { username: string; password: string }) {
      await api.signIn(username.trim(), password);
      return api.me();
    },
    onSuccess(signedIn) {
      client.setQueryData(LEFT, false);
      client.setQueryData(['me'], signedIn);
    },
    onError: () => {},
  });

  if (me.data) return <Navigate to={arrival?.from ?? '/'} replace />;

  const { error } = signIn;
  const wrong = error instanceof ApiError && [400, 401, 403, 422].includes(error.status);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-head">
          <Brand tagline />
          <LanguageSwitch />
        </div>
        <h1>{t('session.title')}</h1>
        {arrival?.expired && error === null && (
          <Alert type="info" showIcon title={t('session.expired')} className="sign-in-alert" />
        )}
        {error !== null && (
          <Alert
            type="error"
            showIcon
            role="alert"
            className="sign-in-alert"
            title={wrong ? t('session.wrong') : describeError(error, t)}
          />
        )}
        <Form layout="vertical" requiredMark={false} size="large" onFinish={signIn.mutate}>
          <Form.Item
            name="username"
            label={t('session.username')}
            rules={[{ required: true, whitespace: true, message: t('session.usernameMissing') }]}
          >
            <Input autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={100} />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('session.password')}
            rules={[{ required: true, message: t('session.passwordMissing') }]}
          >
            <Input.Password autoComplete="current-password" maxLength={200} />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={signIn.isPending}>
            {t('session.signIn')}
          </Button>
        </Form>
      </div>
    </main>
  );
}
