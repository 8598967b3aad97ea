import type { TariffDefinition } from '../domain/tariffs/definition.ts';
import type { CutOff } from '../store/as-of.ts';
import type { BillingSession } from '../store/billing-session.ts';

/** What all points of a run share. */
export interface RunContext {
  readonly client: BillingSession['client'];
  readonly siteId: string;
  readonly timeZone: string;
  readonly currency: string;
  /** Decimals of the currency's minor unit. */
  readonly digits: number;
  readonly cutOff: CutOff;
  /** Of tariff versions that posted lines name: kept, because most points share them. */
  readonly definitions: Map<number, TariffDefinition>;
}
