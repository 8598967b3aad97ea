import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { casesApi } from '../api/cases.ts';
import { useMay, useSession } from '../session.tsx';

const REFRESH_MS = 30_000;

/** How many cases are open, beside the section's name in the navigation. */
export function OpenCount() {
  const { t } = useTranslation();
  const { site } = useSession();
  const mayRead = useMay('cases:read');
  const summary = useQuery({
    queryKey: ['case-summary', site.id],
    queryFn: ({ signal }) => casesApi.summary(site.id, signal),
    enabled: mayRead && site.id !== '',
    refetchInterval: REFRESH_MS,
  });
  const count = summary.data?.open ?? 0;
  if (count === 0) return null;
  return (
    <b className="nav-count num" role="img" aria-label={t('cases.openCount', { count })}>
      {count > 999 ? '999+' : count}
    </b>
  );
}
