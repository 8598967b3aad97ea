import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditRoutes } from './routes/audits.ts';
import { balanceRoutes } from './routes/balances.ts';
import { bankStatementRoutes } from './routes/bank-statements.ts';
import { billCorrectionRoutes } from './routes/bill-corrections.ts';
import { billingRunRoutes } from './routes/billing-runs.ts';
import { billRoutes } from './routes/bills.ts';
import { callbackRoutes } from './routes/callbacks.ts';
import { caseRoutes } from './routes/cases.ts';
import { chargeRoutes } from './routes/charges.ts';
import { commandRoutes } from './routes/commands.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { deviceRoutes } from './routes/devices.ts';
import { disputeRoutes } from './routes/disputes.ts';
import { documentRoutes } from './routes/documents.ts';
import { dunningRoutes } from './routes/dunning.ts';
import { feeLineRoutes } from './routes/fee-lines.ts';
import { handoverRoutes } from './routes/handovers.ts';
import { installationRoutes } from './routes/installations.ts';
import { leaseTariffRoutes } from './routes/lease-tariffs.ts';
import { leaseRoutes } from './routes/leases.ts';
import { ledgerRoutes } from './routes/ledger.ts';
import { lossRoutes } from './routes/losses.ts';
import { meRoutes } from './routes/me.ts';
import { meterTreeRoutes } from './routes/meter-tree.ts';
import { meteringPointRoutes } from './routes/metering-points.ts';
import { partyRoutes } from './routes/parties.ts';
import { passRoutes } from './routes/passes.ts';
import { paymentMethodRoutes } from './routes/payment-methods.ts';
import { periodRoutes } from './routes/periods.ts';
import { placeRoutes } from './routes/places.ts';
import { profileRoutes } from './routes/profiles.ts';
import { readingCaseRoutes } from './routes/reading-cases.ts';
import { readingRoutes } from './routes/readings.ts';
import { reconciliationRoutes } from './routes/reconciliations.ts';
import { settingsRoutes } from './routes/settings.ts';
import { settlementRoutes } from './routes/settlement.ts';
import { settlementHoldRoutes } from './routes/settlement-holds.ts';
import { siteRoutes } from './routes/sites.ts';
import { splitRuleRoutes } from './routes/split-rules.ts';
import { stallRoutes } from './routes/stalls.ts';
import { supplyRoutes } from './routes/supply.ts';
import { tariffRoutes } from './routes/tariffs.ts';
import { telemetryRoutes } from './routes/telemetry.ts';
import { userRoutes } from './routes/users.ts';
import { vehicleRoutes } from './routes/vehicles.ts';
import type { Routes } from './routes.ts';

/** Everything below `/api/v1`. */
export const ROUTES: readonly Routes[] = [
  meRoutes,
  siteRoutes,
  settingsRoutes,
  placeRoutes,
  stallRoutes,
  partyRoutes,
  leaseRoutes,
  leaseTariffRoutes,
  profileRoutes,
  deviceRoutes,
  telemetryRoutes,
  commandRoutes,
  deadLetterRoutes,
  caseRoutes,
  readingRoutes,
  readingCaseRoutes,
  meteringPointRoutes,
  handoverRoutes,
  installationRoutes,
  meterTreeRoutes,
  lossRoutes,
  passRoutes,
  vehicleRoutes,
  tariffRoutes,
  billingRunRoutes,
  auditRoutes,
  periodRoutes,
  feeLineRoutes,
  documentRoutes,
  chargeRoutes,
  paymentMethodRoutes,
  callbackRoutes,
  bankStatementRoutes,
  reconciliationRoutes,
  billRoutes,
  billCorrectionRoutes,
  disputeRoutes,
  dunningRoutes,
  ledgerRoutes,
  balanceRoutes,
  supplyRoutes,
  splitRuleRoutes,
  settlementRoutes,
  settlementHoldRoutes,
  userRoutes,
  apiKeyRoutes,
];
