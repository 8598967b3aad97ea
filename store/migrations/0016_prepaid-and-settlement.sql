CREATE TABLE "settlement_bills" (
	"bill_id" bigint PRIMARY KEY NOT NULL,
	"site_id" text NOT NULL,
	"transactions" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "settlement_holds" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "settlement_holds_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"party_id" bigint,
	"fee_line_id" bigint,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"released_at" timestamp with time zone,
	"released_by" text,
	"release_reason" text
);
--> statement-breakpoint
CREATE TABLE "settlement_payouts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "settlement_payouts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"party_id" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"bank_ref" text NOT NULL,
	"paid_on" date NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "settlement_payouts_ref" UNIQUE("site_id","party_id","bank_ref")
);
--> statement-breakpoint
CREATE TABLE "settlement_runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "settlement_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"day" date,
	"status" text DEFAULT 'queued' NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"lines" integer DEFAULT 0 NOT NULL,
	"amount" bigint DEFAULT 0 NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "settlement_shares" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "settlement_shares_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"fee_line_id" bigint NOT NULL,
	"rule_id" bigint NOT NULL,
	"party_id" bigint NOT NULL,
	"sequence" integer NOT NULL,
	"amount" bigint NOT NULL,
	"shared_on" date NOT NULL,
	"payable_on" date NOT NULL,
	"run_id" bigint NOT NULL,
	"transaction_id" bigint,
	"payout_id" bigint,
	CONSTRAINT "settlement_shares_once" UNIQUE("fee_line_id","party_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "split_rules" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "split_rules_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"commodity" text,
	"component" text NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"shares" jsonb NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "split_rules_once" UNIQUE NULLS NOT DISTINCT("site_id","component","commodity","effective_from")
);
--> statement-breakpoint
CREATE TABLE "balance_notices" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "balance_notices_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"lease_id" bigint NOT NULL,
	"level" text NOT NULL,
	"threshold" bigint NOT NULL,
	"balance" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"told_at" timestamp with time zone,
	"told_by" text
);
--> statement-breakpoint
CREATE TABLE "prepaid_balances" (
	"lease_id" bigint PRIMARY KEY NOT NULL,
	"site_id" text NOT NULL,
	"balance" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "supplies" (
	"lease_id" bigint PRIMARY KEY NOT NULL,
	"site_id" text NOT NULL,
	"state" text DEFAULT 'connected' NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"notified_at" timestamp with time zone,
	"command_ids" uuid[] DEFAULT '{}' NOT NULL,
	"is_protected" boolean DEFAULT false NOT NULL,
	"protected_reason" text
);
--> statement-breakpoint
CREATE TABLE "supply_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "supply_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"lease_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"step" text NOT NULL,
	"from_state" text NOT NULL,
	"to_state" text NOT NULL,
	"actor" text NOT NULL,
	"reason" text,
	"balance" bigint NOT NULL,
	"commands" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "settlement_bills" ADD CONSTRAINT "settlement_bills_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_holds" ADD CONSTRAINT "settlement_holds_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_holds" ADD CONSTRAINT "settlement_holds_party_id_parties_id_fk" FOREIGN KEY ("party_id") REFERENCES "public"."parties"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_holds" ADD CONSTRAINT "settlement_holds_fee_line_id_fee_lines_id_fk" FOREIGN KEY ("fee_line_id") REFERENCES "public"."fee_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_payouts" ADD CONSTRAINT "settlement_payouts_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_payouts" ADD CONSTRAINT "settlement_payouts_party_id_parties_id_fk" FOREIGN KEY ("party_id") REFERENCES "public"."parties"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_runs" ADD CONSTRAINT "settlement_runs_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_fee_line_id_fee_lines_id_fk" FOREIGN KEY ("fee_line_id") REFERENCES "public"."fee_lines"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_rule_id_split_rules_id_fk" FOREIGN KEY ("rule_id") REFERENCES "public"."split_rules"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_party_id_parties_id_fk" FOREIGN KEY ("party_id") REFERENCES "public"."parties"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_run_id_settlement_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."settlement_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_transaction_id_ledger_transactions_id_fk" FOREIGN KEY ("transaction_id") REFERENCES "public"."ledger_transactions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settlement_shares" ADD CONSTRAINT "settlement_shares_payout_id_settlement_payouts_id_fk" FOREIGN KEY ("payout_id") REFERENCES "public"."settlement_payouts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "split_rules" ADD CONSTRAINT "split_rules_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "balance_notices" ADD CONSTRAINT "balance_notices_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "balance_notices" ADD CONSTRAINT "balance_notices_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prepaid_balances" ADD CONSTRAINT "prepaid_balances_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prepaid_balances" ADD CONSTRAINT "prepaid_balances_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supplies" ADD CONSTRAINT "supplies_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supplies" ADD CONSTRAINT "supplies_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supply_events" ADD CONSTRAINT "supply_events_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "supply_events" ADD CONSTRAINT "supply_events_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "settlement_holds_site" ON "settlement_holds" USING btree ("site_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "settlement_holds_open" ON "settlement_holds" USING btree ("site_id",coalesce("party_id", 0),coalesce("fee_line_id", 0)) WHERE released_at IS NULL;--> statement-breakpoint
CREATE INDEX "settlement_payouts_party" ON "settlement_payouts" USING btree ("site_id","party_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "settlement_runs_day" ON "settlement_runs" USING btree ("site_id","day") WHERE day IS NOT NULL;--> statement-breakpoint
CREATE INDEX "settlement_runs_site" ON "settlement_runs" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "settlement_runs_open" ON "settlement_runs" USING btree ("id") WHERE status = 'queued';--> statement-breakpoint
CREATE INDEX "settlement_shares_party" ON "settlement_shares" USING btree ("site_id","party_id","shared_on","id");--> statement-breakpoint
CREATE INDEX "settlement_shares_rule" ON "settlement_shares" USING btree ("rule_id");--> statement-breakpoint
CREATE UNIQUE INDEX "balance_notices_open" ON "balance_notices" USING btree ("lease_id","level") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "balance_notices_site" ON "balance_notices" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "prepaid_balances_site" ON "prepaid_balances" USING btree ("site_id","balance");--> statement-breakpoint
CREATE INDEX "supplies_site" ON "supplies" USING btree ("site_id","state");--> statement-breakpoint
CREATE INDEX "supply_events_lease" ON "supply_events" USING btree ("lease_id","id");