import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button } from 'antd';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
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
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [tried, setTried] = useState(false);
  const signIn = useMutation({
    async mutationFn({ username, password }: { username: string; password: string }) {
      await api.signIn(username.trim(), password);
      return api.me();
    },
    onSuccess(signedIn) {
      client.setQueryData(LEFT, false);
      client.setQueryData(['me'], signedIn);
    },
    // Shown below; a wrong password must not end a session that another tab has.
    onError: () => {},
  });

  if (me.data) return <Navigate to={arrival?.from ?? '/'} replace />;

  const { error } = signIn;
  const wrong = error instanceof ApiError && [400, 401, 403, 422].includes(error.status);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (username.trim() !== '' && password !== '') signIn.mutate({ username, password });
  };
  return (
    <main className="sign-in">
      <form className="sign-in-card" onSubmit={submit} noValidate>
        <div className="sign-in-head">
          <Brand tagline />
          <LanguageSwitch />
        </div>
        <h1>{t('session.title')}</h1>
        {arrival?.expired && error === null && <p className="note">{t('session.expired')}</p>}
        {error !== null && (
          <p className="note note-bad" role="alert">
            {wrong ? t('session.wrong') : describeError(error, t)}
          </p>
        )}
        <Field
          label={t('session.username')}
          missing={tried && username.trim() === '' ? t('session.usernameMissing') : null}
        >
          {(id, describedBy) => (
            <input
              id={id}
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={100}
              value={username}
              onChange={(event) => setUsername(event.target.value)}
              {...describedBy}
            />
          )}
        </Field>
        <Field
          label={t('session.password')}
          missing={tried && password === '' ? t('session.passwordMissing') : null}
        >
          {(id, describedBy) => (
            <input
              id={id}
              name="password"
              type="password"
              autoComplete="current-password"
              maxLength={200}
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              {...describedBy}
            />
          )}
        </Field>
        <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
          {t('session.signIn')}
        </Button>
      </form>
    </main>
  );
}

/** A label, its input, and what is wrong with it, tied together for screen readers. */
function Field(props: {
  readonly label: string;
  readonly missing: string | null;
  readonly children: (
    id: string,
    describedBy: { readonly 'aria-invalid': boolean; readonly 'aria-describedby': string },
  ) => ReactNode;
}) {
  const id = useId();
  const { label, missing, children } = props;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, { 'aria-invalid': missing !== null, 'aria-describedby': `${id}-missing` })}
      <span id={`${id}-missing`} className="field-missing">
        {missing}
      </span>
    </div>
  );
}
