import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import type { Role } from '../../domain/permissions.ts';
import { ApiError } from './api.ts';
import { SessionGate, useSession } from './session.tsx';
import { CrashBoundary, NotFoundPage } from './shell/fallbacks.tsx';
import { landingOf, mayEnter, type Section, sectionsOf } from './shell/sections.ts';
import { Shell } from './shell/shell.tsx';
import { SignInPage } from './shell/sign-in-page.tsx';
import { ErrorState, Loading } from './ui/states.tsx';

/** Each page's code is fetched when it is first shown, or once nothing else is to be done. */
const FETCH = {
  floor: async () => ({ default: (await import('./floor-page/floor-page.tsx')).FloorPage }),
  'fee-lines': async () => ({ default: (await import('./fee-lines/fee-lines-page.tsx')).FeeLinesPage }),
  cases: async () => ({ default: (await import('./cases/cases-page.tsx')).CasesPage }),
  readings: async () => ({ default: (await import('./readings/readings-page.tsx')).ReadingsPage }),
  leases: async () => ({ default: (await import('./leases/leases-page.tsx')).LeasesPage }),
  devices: async () => ({ default: (await import('./devices/devices-page.tsx')).DevicesPage }),
  'dead-letters': async () => ({
    default: (await import('./dead-letters/dead-letters-page.tsx')).DeadLettersPage,
  }),
  billing: async () => ({ default: (await import('./billing/billing-page.tsx')).BillingPage }),
  bills: async () => ({ default: (await import('./bills/bills-page.tsx')).BillsPage }),
  payments: async () => ({ default: (await import('./payments/payments-page.tsx')).PaymentsPage }),
  ledger: async () => ({ default: (await import('./ledger/ledger-page.tsx')).LedgerPage }),
  losses: async () => ({ default: (await import('./losses/losses-page.tsx')).LossesPage }),
  gates: async () => ({ default: (await import('./gates/gates-page.tsx')).GatesPage }),
  tariffs: async () => ({ default: (await import('./tariffs/tariffs-page.tsx')).TariffsPage }),
  audit: async () => ({ default: (await import('./audit/audit-page.tsx')).AuditPage }),
  settings: async () => ({ default: (await import('./settings/settings-page.tsx')).SettingsPage }),
  prepaid: async () => ({ default: (await import('./prepaid/prepaid-page.tsx')).PrepaidPage }),
  settlement: async () => ({
    default: (await import('./settlement/settlement-page.tsx')).SettlementPage,
  }),
} satisfies Record<Section, () => Promise<unknown>>;

const FloorPage = lazy(FETCH.floor);
const FeeLinesPage = lazy(FETCH['fee-lines']);
const CasesPage = lazy(FETCH.cases);
const ReadingsPage = lazy(FETCH.readings);
const LeasesPage = lazy(FETCH.leases);
const DevicesPage = lazy(FETCH.devices);
const DeadLettersPage = lazy(FETCH['dead-letters']);
const BillingPage = lazy(FETCH.billing);
const BillsPage = lazy(FETCH.bills);
const LedgerPage = lazy(FETCH.ledger);
const PaymentsPage = lazy(FETCH.payments);
const TariffsPage = lazy(FETCH.tariffs);
const LossesPage = lazy(FETCH.losses);
const GatesPage = lazy(FETCH.gates);
const AuditPage = lazy(FETCH.audit);
const SettingsPage = lazy(FETCH.settings);
const TariffFormPage = lazy(async () => ({
  default: (await import('./tariffs/form/tariff-form-page.tsx')).TariffFormPage,
}));
const PrepaidPage = lazy(FETCH.prepaid);
const SettlementPage = lazy(FETCH.settlement);

const QUIET_MS = 3_000;

/** So that during an outage every page can still be opened, and says what is the matter. */
function useFetchedAhead(role: Role): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const section of sectionsOf(role)) void FETCH[section]().catch(() => {});
    }, QUIET_MS);
    return () => clearTimeout(timer);
  }, [role]);
}

/** A page for those who may see it; others are told so instead of being shown an empty page. */
function Guarded({ section, children }: { readonly section: Section; readonly children: ReactNode }) {
  const { me } = useSession();
  useFetchedAhead(me.role);
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
        {page('cases', <CasesPage />)}
        {page('readings', <ReadingsPage />)}
        {page('leases', <LeasesPage />)}
        {page('devices', <DevicesPage />)}
        {page('dead-letters', <DeadLettersPage />)}
        {page('billing', <BillingPage />)}
        {page('bills', <BillsPage />)}
        {page('payments', <PaymentsPage />)}
        {page('ledger', <LedgerPage />)}
        {page('losses', <LossesPage />)}
        {page('gates', <GatesPage />)}
        {page('tariffs', <TariffsPage />)}
        {page('tariffs', <TariffFormPage />, 'tariffs/edit')}
        {page('audit', <AuditPage />)}
        {page('settings', <SettingsPage />)}
        {page('prepaid', <PrepaidPage />)}
        {page('settlement', <SettlementPage />)}
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
