import { useSyncExternalStore } from 'react';

const NARROW = '(max-width: 760px)';

/** True on a phone: drawers become bottom sheets, tables become cards. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const query = matchMedia(NARROW);
      query.addEventListener('change', changed);
      return () => query.removeEventListener('change', changed);
    },
    () => matchMedia(NARROW).matches,
  );
}
