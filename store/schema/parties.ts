import { bigint, index, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { COMMODITIES } from '../../domain/commodities.ts';
import { CHARGING, LEASE_KINDS, PARTY_KINDS } from '../../domain/parties.ts';
import { places, sites } from './places.ts';
import { tariffs } from './tariffs.ts';

export const parties = pgTable('parties', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  kind: text({ enum: PARTY_KINDS }).notNull(),
  name: text().notNull(),
  /** Pinyin initials of the name, lower case, for search. */
  initials: text().notNull().default(''),
  phone: text(),
});

/** Who pays for which stall, when. A site's one house lease has no place. Overlaps are refused (exclusion constraint). */
export const leases = pgTable(
  'leases',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    siteId: text('site_id')
      .notNull()
      .references(() => sites.id),
    placeId: bigint('place_id', { mode: 'number' }).references(() => places.id),
    partyId: bigint('party_id', { mode: 'number' })
      .notNull()
      .references(() => parties.id),
    kind: text({ enum: LEASE_KINDS }).notNull().default('merchant'),
    charging: text({ enum: CHARGING }).notNull(),
    trade: text(),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }),
  },
  (t) => [index('leases_place').on(t.placeId), index('leases_party').on(t.partyId)],
);

/** Which tariff a lease pays for a commodity, when. Overlaps are refused (exclusion constraint). */
export const leaseTariffs = pgTable(
  'lease_tariffs',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    leaseId: bigint('lease_id', { mode: 'number' })
      .notNull()
      .references(() => leases.id),
    commodity: text({ enum: COMMODITIES }).notNull(),
    tariffId: bigint('tariff_id', { mode: 'number' })
      .notNull()
      .references(() => tariffs.id),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    endsAt: timestamp('ends_at', { withTimezone: true }),
  },
  (t) => [index('lease_tariffs_lease').on(t.leaseId)],
);
