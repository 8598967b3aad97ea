import { createContext, type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import { describeFault, type Fault } from '../../ui/faults.ts';

const FaultContext = createContext<ReadonlyMap<string, string>>(new Map());

export function FaultProvider(props: { readonly faults: readonly Fault[]; readonly children: ReactNode }) {
  const byPath = new Map<string, string>();
  for (const { path, message } of props.faults) {
    const key = path.map(String).join('.');
    if (!byPath.has(key)) byPath.set(key, message);
  }
  return <FaultContext value={byPath}>{props.children}</FaultContext>;
}

/** What is wrong with the field at this place of the definition, as a sentence. */
export function useFault(path: string): string | undefined {
  const { t } = useTranslation();
  const message = useContext(FaultContext).get(path);
  return message === undefined ? undefined : describeFault(message, t);
}

/** What is wrong with the thing at this place and with its parts that have no field of their own. */
export function FaultsOf({
  path,
  below = [],
}: {
  readonly path: string;
  readonly below?: readonly string[];
}) {
  const { t } = useTranslation();
  const faults = useContext(FaultContext);
  const shown = [...faults].filter(
    ([key]) => key === path || below.some((part) => key.startsWith(`${path}.${part}`)),
  );
  const sentences = [...new Set(shown.map(([, message]) => describeFault(message, t)))];
  if (sentences.length === 0) return null;
  return (
    <ul className="faults" data-faults={path}>
      {sentences.slice(0, 5).map((sentence) => (
        <li key={sentence}>{sentence}</li>
      ))}
      {sentences.length > 5 && <li>{t('tariffForm.moreFaults', { count: sentences.length - 5 })}</li>}
    </ul>
  );
}
