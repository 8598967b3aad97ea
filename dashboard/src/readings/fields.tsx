import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../api.ts';
import { Field } from '../ui/field.tsx';
import { describeError } from '../ui/states.tsx';
import { shrinkPhoto } from './photo.ts';

/** What a dial shows: digits with a number pad on a phone. */
export function DialInput(props: {
  readonly label: string;
  readonly unit: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <Field label={props.label}>
      {(id) => (
        <Input
          id={id}
          className="dial"
          size="large"
          inputMode="decimal"
          autoComplete="off"
          maxLength={16}
          suffix={props.unit}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value.replace(/[^\d.]/g, ''))}
        />
      )}
    </Field>
  );
}

export const isDial = (text: string): boolean => /^\d{1,12}(\.\d{1,3})?$/.test(text);

export function NoteInput(props: { readonly value: string; readonly onChange: (note: string) => void }) {
  const { t } = useTranslation();
  return (
    <Field label={t('cases.note')}>
      {(id) => (
        <Input.TextArea
          id={id}
          maxLength={1_000}
          autoSize={{ minRows: 2 }}
          placeholder={t('cases.notePlaceholder')}
          value={props.value}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Takes a picture with the camera, or one that is there; shows it before it is sent. */
export function PhotoInput(props: {
  readonly value: string | undefined;
  readonly onChange: (photo: string | undefined) => void;
}) {
  const { t } = useTranslation();
  const [failed, setFailed] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    setFailed(false);
    if (file === undefined) return props.onChange(undefined);
    try {
      props.onChange(await shrinkPhoto(file));
    } catch {
      setFailed(true);
    }
  };
  return (
    <div className="stack">
      <Field label={t('readings.photo')}>
        {(id) => (
          <input
            id={id}
            className="photo-input"
            type="file"
            accept="image/*"
            capture="environment"
            onChange={(event) => void take(event.target.files?.[0])}
          />
        )}
      </Field>
      {failed && <Alert type="error" showIcon title={t('readings.photoWrong')} />}
      {props.value !== undefined && (
        <img className="photo" alt={t('readings.photo')} src={`data:image/jpeg;base64,${props.value}`} />
      )}
    </div>
  );
}

/** What is stored all the same when a person insists. */
const CONFIRMED = [
  'reading_less',
  'reading_less_later',
  'reading_more',
  'reading_more_later',
  'reading_unexplained',
] as const;
const isDoubt = (error: unknown): error is ApiError =>
  error instanceof ApiError && CONFIRMED.some((code) => code === error.refusal?.code);

/** A button that stores; what is doubtful is said, and stored only when the person insists. */
export function ConfirmedButton(props: {
  readonly label: string;
  readonly disabled?: boolean;
  readonly act: (confirm: boolean) => Promise<unknown>;
  readonly onDone: () => void;
}) {
  const { t } = useTranslation();
  const store = useMutation({ mutationFn: props.act, onSuccess: props.onDone });
  const { error } = store;
  return (
    <div className="stack">
      {isDoubt(error) ? (
        <Alert type="warning" showIcon title={t('readings.doubt')} description={describeError(error, t)} />
      ) : (
        error !== null && <Alert type="error" showIcon title={describeError(error, t)} />
      )}
      <div className="row">
        <Button
          type={isDoubt(error) ? 'default' : 'primary'}
          size="large"
          disabled={props.disabled ?? false}
          loading={store.isPending}
          onClick={() => store.mutate(false)}
        >
          {props.label}
        </Button>
        {isDoubt(error) && (
          <Button
            danger
            type="primary"
            size="large"
            loading={store.isPending}
            onClick={() => store.mutate(true)}
          >
            {t('readings.insist')}
          </Button>
        )}
      </div>
    </div>
  );
}
