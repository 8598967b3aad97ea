import { lazy, type ReactNode, Suspense } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import { ApiError } from './api.ts';
import { SessionGate, useSession } from './session.tsx';
import { CrashBoundary, NotFoundPage } from './shell/fallbacks.tsx';
import { landingOf, mayEnter, type Section } from './shell/sections.ts';
import { Shell } from './shell/shell.tsx';
import { SignInPage } from './shell/sign-in-page.tsx';
import { ErrorState, Loading } from './ui/states.tsx';

const FloorPage = lazy(async () => ({ default: (await import('./floor-page/floor-page.tsx')).FloorPage }));
const FeeLinesPage = lazy(async () => ({
  default: (await import('./fee-lines/fee-lines-page.tsx')).FeeLinesPage,
}));
const DevicesPage = lazy(async () => ({ default: (await import('./devices/devices-page.tsx')).DevicesPage }));
const DeadLettersPage = lazy(async () => ({
  default: (await import('./dead-letters/dead-letters-page.tsx')).DeadLettersPage,
}));
const BillingPage = lazy(async () => ({ default: (await import('./billing/billing-page.tsx')).BillingPage }));
const TariffsPage = lazy(async () => ({ default: (await import('./tariffs/tariffs-page.tsx')).TariffsPage }));

/** A page for those who may see it; others are told so instead of being shown an empty page. */
function Guarded({ section, children }: { readonly section: Section; readonly children: ReactNode }) {
  const { me } = useSession();
  if (!mayEnter(me.role, section)) return <ErrorState error={new ApiError('refused', 403, '')} />;
  // A page that crashed is tried again when another one is opened.
  return (
    <CrashBoundary key={section}>
      <Suspense fallback={<Loading page />}>{children}</Suspense>
    </CrashBoundary>
  );
}

function Landing() {
  return <Navigate to={landingOf(useSession().me.role)} replace />;
}

const page = (section: Section, element: ReactNode, path: string = section) => (
  <Route path={path} element={<Guarded section={section}>{element}</Guarded>} />
);

/** The map of the app: every address there is. */
export function Addresses() {
  return (
    <Routes>
      <Route path="/sign-in" element={<SignInPage />} />
      <Route
        path="/"
        element={
          <SessionGate>
            <Shell />
          </SessionGate>
        }
      >
        <Route index element={<Landing />} />
        {page('floor', <FloorPage />, 'floor/:floorId?')}
        {page('fee-lines', <FeeLinesPage />)}
        {page('devices', <DevicesPage />)}
        {page('dead-letters', <DeadLettersPage />)}
        {page('billing', <BillingPage />)}
        {page('tariffs', <TariffsPage />)}
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
