import { useQuery } from '@tanstack/react-query';
import { api } from '../api.ts';
import { useMay, useSession } from '../session.tsx';

/** What a tariff of the site is called, by its code; the code while that is not known. */
export function useTariffTitles(): (code: string) => string {
  const { site } = useSession();
  const tariffs = useQuery({
    queryKey: ['tariffs', site.id],
    queryFn: ({ signal }) => api.tariffs(site.id, signal),
    enabled: useMay('tariffs:read'),
  });
  return (code) => tariffs.data?.items.find((one) => one.code === code)?.name ?? code;
}
