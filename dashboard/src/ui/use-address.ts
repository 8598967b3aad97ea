import { useSearchParams } from 'react-router';

/** The page's filters live in its address, so that it can be sent to a colleague and survives a reload. */
export function useAddress(): readonly [
  get: (key: string) => string | undefined,
  put: (changes: Readonly<Record<string, string | undefined>>) => void,
] {
  const [params, setParams] = useSearchParams();
  return [
    (key) => params.get(key) ?? undefined,
    (changes) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [key, value] of Object.entries(changes)) {
            if (value === undefined || value === '') next.delete(key);
            else next.set(key, value);
          }
          return next;
        },
        { replace: true },
      ),
  ];
}
