import { useQuery } from '@tanstack/react-query';
import { settingsApi } from './api/settings.ts';
import { useSession } from './session.tsx';

/** Whether this market asks for two people; false until its settings are known: the server refuses all the same. */
export function useFourEyes(): boolean {
  const { site } = useSession();
  const settings = useQuery({
    queryKey: ['settings', site.id],
    queryFn: ({ signal }) => settingsApi.read(site.id, signal),
  });
  return settings.data?.settings.billing.fourEyes ?? false;
}

/** Whether what `by` proposed has to be approved by somebody else than this user. */
export function useNeedsAnother(by: string | undefined): boolean {
  const { me } = useSession();
  return useFourEyes() && by === me.actor;
}
