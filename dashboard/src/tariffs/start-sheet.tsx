import InboxOutlined from '@ant-design/icons/es/icons/InboxOutlined';
import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { tariffsApi } from '../api/tariffs.ts';
import { describeFault, type Fault } from '../ui/faults.ts';
import { Sheet } from '../ui/sheet.tsx';
import { ErrorState, Loading } from '../ui/states.tsx';
import { FILE_BYTES_MAX, readFile } from './form/draft.ts';
import { useLanguageKey } from './names.ts';

/** From what a new tariff starts: nothing, a ready-made example, or a file. */
export function StartSheet({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const language = useLanguageKey();
  const navigate = useNavigate();
  const examples = useQuery({
    queryKey: ['tariff-examples'],
    queryFn: ({ signal }) => tariffsApi.examples(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Sheet title={t('tariffForm.titleNew')} width={620} onClose={onClose}>
      <div className="stack">
        <Button type="primary" onClick={() => navigate('/tariffs/edit')}>
          {t('tariffList.fromNothing')}
        </Button>
        <h3>{t('tariffList.examples')}</h3>
        {examples.data === undefined ? (
          examples.error ? (
            <ErrorState error={examples.error} retry={() => void examples.refetch()} />
          ) : (
            <Loading />
          )
        ) : (
          <ul className="cards">
            {examples.data.items.map(({ names, notes, code, commodity, definition }) => (
              <li key={code} className="card" data-example={code}>
                <div className="card-head">
                  <strong>{names[language]}</strong>
                  <span className="tag">{t(`commodity.${commodity}`)}</span>
                  <Button
                    onClick={() =>
                      navigate('/tariffs/edit', {
                        state: { code, name: names[language], commodity, definition },
                      })
                    }
                  >
                    {t('tariffList.use')}
                  </Button>
                </div>
                <p className="tf-hint">{notes[language]}</p>
                <div className="row">
                  {definition.components.map((component) => (
                    <span key={component.code} className="tag">
                      {component.name?.[language] ?? component.code} ·{' '}
                      {t(`tariffKind.${component.price.kind}`)}
                    </span>
                  ))}
                </div>
              </li>
            ))}
          </ul>
        )}
        <h3>{t('tariffList.import')}</h3>
        <FileDrop />
      </div>
    </Sheet>
  );
}

const FAULTS_SHOWN = 20;

/** Takes a tariff's JSON file by dropping or choosing it; what is wrong with it is said with its place. */
function FileDrop() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [faults, setFaults] = useState<readonly Fault[]>([]);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > FILE_BYTES_MAX) {
      setFaults([{ path: [], message: 'the file is too large' }]);
      return;
    }
    const read = readFile(await file.text());
    if (read.ok) await navigate('/tariffs/edit', { state: { commodity: 'electricity', ...read.draft } });
    else setFaults(read.faults);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the button is the one for all
    <div
      className={over ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void take(event.dataTransfer.files[0]);
      }}
    >
      <InboxOutlined className="state-icon" />
      <span>{t('tariffList.dropHint')}</span>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = '';
        }}
      />
      <Button onClick={() => input.current?.click()}>{t('tariffList.chooseFile')}</Button>
      {faults.length > 0 && (
        <div role="alert" className="stack stack-tight">
          <strong>{t('tariffList.fileFaults', { count: faults.length })}</strong>
          <ul className="faults">
            {faults.slice(0, FAULTS_SHOWN).map(({ path, message }) => (
              <li key={`${path.map(String).join('.')} ${message}`}>
                {path.length > 0 && <code>{path.map(String).join('.')}</code>} {describeFault(message, t)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
