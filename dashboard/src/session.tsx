import { QueryCache, QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { Navigate, useLocation } from 'react-router';
import { may, type Permission } from '../../domain/permissions.ts';
import { ApiError, api, type Me, type Site } from './api.ts';
import { speakOf } from './i18n.ts';
import { ErrorState, Loading } from './ui/states.tsx';

const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401;

/** One client for the page; an answer 401 to anything means that the session is over. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        if (isSignedOut(error)) client.setQueryData(['me'], null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        // A dead server is asked again; a refusal is an answer.
        retry: (failures, error) => error instanceof ApiError && error.kind === 'network' && failures < 2,
        retryDelay: (failures) => Math.min(5_000, 500 * 2 ** failures),
      },
      mutations: {
        onError(error) {
          if (isSignedOut(error)) client.setQueryData(['me'], null);
        },
      },
    },
  });
  return client;
}

/** Who is signed in: null when nobody is. Asked again every 20 s, so that a lost server or session is noticed. */
export function useMe() {
  return useQuery<Me | null>({
    queryKey: ['me'],
    async queryFn({ signal }) {
      try {
        return await api.me(signal);
      } catch (error) {
        if (isSignedOut(error)) return null;
        throw error;
      }
    },
    refetchInterval: (query) => (query.state.data === null ? false : query.state.error ? 4_000 : 20_000),
  });
}

interface Session {
  readonly me: Me;
  readonly site: Site;
  readonly sites: readonly Site[];
  readonly chooseSite: (id: string) => void;
}
const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is for pages behind SessionGate');
  return session;
}

export function useMay(permission: Permission): boolean {
  return may(useSession().me.role, permission);
}

/** Set while nobody is signed in because somebody signed out: the next one starts afresh. */
export const LEFT = ['left'];

const SITE_STORED = 'stallgrid.site';

/** Lets through whoever is signed in; others sign in first and come back to where they were. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const location = useLocation();
  const me = useMe();
  const client = useQueryClient();
  const [wasIn, setWasIn] = useState(false);
  const left = client.getQueryData(LEFT) === true;
  const [siteId, setSiteId] = useState(() => localStorage.getItem(SITE_STORED));
  const sites = useQuery({
    queryKey: ['sites'],
    queryFn: ({ signal }) => api.sites(signal),
    enabled: Boolean(me.data),
    staleTime: 300_000,
  });

  useEffect(() => {
    if (me.data) setWasIn(true);
  }, [me.data]);
  useEffect(() => {
    // What one person loaded is not left for the next.
    const own = ['me', ...LEFT];
    if (me.data === null)
      client.removeQueries({ predicate: ({ queryKey }) => !own.includes(String(queryKey[0])) });
  }, [me.data, client]);

  if (me.data === null) {
    const from = `${location.pathname}${location.search}`;
    return <Navigate to="/sign-in" replace state={left ? null : { from, expired: wasIn }} />;
  }
  if (me.data === undefined) {
    return me.error ? <ErrorState error={me.error} retry={() => void me.refetch()} /> : <Loading page />;
  }
  if (sites.data === undefined) {
    return sites.error ? (
      <ErrorState error={sites.error} retry={() => void sites.refetch()} />
    ) : (
      <Loading page />
    );
  }
  const site = sites.data.items.find((one) => one.id === siteId) ?? sites.data.items[0] ?? NO_SITE;
  speakOf(site);
  const chooseSite = (chosen: string) => {
    localStorage.setItem(SITE_STORED, chosen);
    setSiteId(chosen);
  };
  return (
    <SessionContext value={{ me: me.data, site, sites: sites.data.items, chooseSite }}>
      {children}
    </SessionContext>
  );
}

/** Before the first site is entered, pages show that they are empty. */
const NO_SITE: Site = { id: '', name: '—', timeZone: 'Asia/Shanghai', currency: 'CNY' };
