import { UploadOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, Select } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { BANK_FILE_BYTES_MAX } from '../../../contracts/bank-statements.ts';
import { type BankImportResult, paymentsApi } from '../api/payments.ts';
import { formatMoney } from '../format.ts';
import { useSession } from '../session.tsx';
import { describeFault } from '../ui/faults.ts';
import { describeError } from '../ui/states.tsx';
import { Field } from './field.tsx';

const COLUMNS = ['bankRef', 'date', 'amount', 'payer', 'remark'] as const;
type Columns = { readonly [K in (typeof COLUMNS)[number]]?: string | undefined };
const REQUIRED = ['bankRef', 'date', 'amount'] as const;
const SHOWN = 200;
const TAGS = { known: 'tag', matched: 'tag tag-good', unmatched: 'tag tag-stale' } as const;

interface File64 {
  readonly fileName: string;
  readonly contentBase64: string;
}

/** A statement of the bank in three steps: choose the file, look at what would happen, import. */
export function BankImport() {
  const { t } = useTranslation();
  const { site } = useSession();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File64 | null>(null);
  const [tooLarge, setTooLarge] = useState(false);
  const send = useMutation({
    mutationFn: (of: { file: File64; columns: Columns | null; dryRun: boolean }) =>
      paymentsApi.importBank({
        site: site.id,
        ...of.file,
        dryRun: of.dryRun,
        ...(of.columns && isWhole(of.columns) ? { columns: of.columns } : {}),
      }),
    onSuccess: ({ id }) => id !== null && client.invalidateQueries({ queryKey: ['bank-rows'] }),
  });
  const result = send.data;
  const isDone = result !== undefined && result.id !== null;

  const choose = async (chosen: File | undefined) => {
    send.reset();
    setFile(null);
    setTooLarge(chosen !== undefined && chosen.size > BANK_FILE_BYTES_MAX);
    if (chosen === undefined || chosen.size > BANK_FILE_BYTES_MAX) return;
    const read = { fileName: chosen.name, contentBase64: await toBase64(chosen) };
    setFile(read);
    send.mutate({ file: read, columns: null, dryRun: true });
  };
  const remap = (name: keyof Columns, header: string | undefined) => {
    if (file === null || result === undefined) return;
    const { [name]: _, ...columns } = result.columns;
    send.mutate({
      file,
      columns: header === undefined ? columns : { ...columns, [name]: header },
      dryRun: true,
    });
  };
  const start = () => {
    send.reset();
    setFile(null);
    if (input.current) input.current.value = '';
  };

  return (
    <div className="panel panel-pad stack">
      <h2>{t('payments.import')}</h2>
      <p className="page-intro">{t('payments.importIntro')}</p>
      <div className="row">
        <input
          ref={input}
          type="file"
          hidden
          aria-label={t('payments.file')}
          accept=".csv,.txt,.xlsx"
          onChange={({ target }) => void choose(target.files?.[0])}
        />
        <Button icon={<UploadOutlined />} onClick={() => input.current?.click()}>
          {t('payments.file')}
        </Button>
        {file !== null && <span className="muted">{file.fileName}</span>}
      </div>
      {tooLarge && <Alert type="error" showIcon title={t('payments.fileTooLarge')} />}
      {send.error !== null && <Alert type="error" showIcon title={describeError(send.error, t)} />}
      {file !== null && result !== undefined && !isDone && (
        <>
          <div className="row">
            {COLUMNS.map((name) => (
              <Field key={name} label={t(`payments.column.${name}`)}>
                {(id) => (
                  <Select
                    id={id}
                    className="filter"
                    allowClear={!(REQUIRED as readonly string[]).includes(name)}
                    value={result.columns[name]}
                    placeholder={t('payments.columnMissing')}
                    onChange={(header: string | undefined) => remap(name, header)}
                    options={result.headers.map((value) => ({ value, label: value }))}
                  />
                )}
              </Field>
            ))}
          </div>
          <Errors result={result} />
          <Rows result={result} currency={site.currency} />
          <div className="row">
            <Button
              type="primary"
              loading={send.isPending}
              disabled={result.errors.length > 0 || result.rows.every((row) => row.result === 'known')}
              onClick={() => send.mutate({ file, columns: result.columns, dryRun: false })}
            >
              {t('payments.importNow', { count: result.rows.filter((row) => row.result !== 'known').length })}
            </Button>
            <Button onClick={start}>{t('common.cancel')}</Button>
          </div>
        </>
      )}
      {isDone && (
        <>
          <Alert
            type="success"
            showIcon
            title={t('payments.imported', {
              matched: result.rows.filter((row) => row.result === 'matched').length,
              unmatched: result.rows.filter((row) => row.result === 'unmatched').length,
            })}
          />
          <div>
            <Button onClick={start}>{t('payments.importMore')}</Button>
          </div>
        </>
      )}
    </div>
  );
}

const isWhole = (
  columns: Columns,
): columns is Columns & Readonly<Record<(typeof REQUIRED)[number], string>> =>
  REQUIRED.every((name) => columns[name] !== undefined);

function Errors({ result }: { readonly result: BankImportResult }) {
  const { t } = useTranslation();
  if (result.errors.length === 0) return null;
  return (
    <div className="note note-bad" role="alert">
      <strong>{t('payments.importErrors', { count: result.errors.length })}</strong>
      <ul>
        {result.errors.slice(0, SHOWN).map(({ row, message }) => (
          <li key={`${row} ${message}`}>
            {row > 0 && `${t('payments.row', { row })}: `}
            {describeFault(message, t)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Rows({ result, currency }: { readonly result: BankImportResult; readonly currency: string }) {
  const { t } = useTranslation();
  if (result.rows.length === 0) return null;
  return (
    // A wide table scrolls by itself, and whoever has only a keyboard can scroll it.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable
    <section className="scroll" tabIndex={0} aria-label={t('payments.import')}>
      <table className="values">
        <thead>
          <tr>
            <th>{t('payments.rowShort')}</th>
            <th>{t('payments.day')}</th>
            <th>{t('payments.payer')}</th>
            <th>{t('payments.remark')}</th>
            <th>{t('payments.status')}</th>
            <th className="right">{t('payments.amount')}</th>
          </tr>
        </thead>
        <tbody>
          {result.rows.slice(0, SHOWN).map((row) => (
            <tr key={row.row}>
              <td className="num">{row.row}</td>
              <td className="num nowrap">{row.date}</td>
              <td>{row.payer}</td>
              <td>{row.remark}</td>
              <td>
                <span className={TAGS[row.result]}>{t(`payments.importResult.${row.result}`)}</span>{' '}
                {row.party ?? ''}
              </td>
              <td className="right num nowrap">{formatMoney(row.amount, currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {result.rows.length > SHOWN && (
        <p className="muted">{t('payments.rowsShown', { shown: SHOWN, count: result.rows.length })}</p>
      )}
      {result.outgoing > 0 && <p className="muted">{t('payments.outgoing', { count: result.outgoing })}</p>}
    </section>
  );
}

async function toBase64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += 32_768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}
