CREATE TABLE "sealed_inputs" (
	"run_id" bigint NOT NULL,
	"metering_point_id" bigint NOT NULL,
	"last_line_id" bigint NOT NULL,
	"inputs" jsonb NOT NULL,
	CONSTRAINT "sealed_inputs_run_id_metering_point_id_pk" PRIMARY KEY("run_id","metering_point_id")
);
--> statement-breakpoint
CREATE TABLE "shadow_totals" (
	"run_id" bigint NOT NULL,
	"lease_id" bigint NOT NULL,
	"component" text NOT NULL,
	"amount" bigint DEFAULT 0 NOT NULL,
	"amount_before" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "shadow_totals_run_id_lease_id_component_pk" PRIMARY KEY("run_id","lease_id","component")
);
--> statement-breakpoint
CREATE TABLE "change_history" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "change_history_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"table_name" text NOT NULL,
	"row_key" text NOT NULL,
	"old" jsonb,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "kind" text DEFAULT 'charge' NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "is_forced" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "journal_seq" bigint;--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "change_id" bigint;--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "compared_run_id" bigint;--> statement-breakpoint
ALTER TABLE "boundary_values" ADD COLUMN "basis" jsonb;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD COLUMN "charging" text DEFAULT 'postpaid' NOT NULL;--> statement-breakpoint
ALTER TABLE "sealed_inputs" ADD CONSTRAINT "sealed_inputs_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sealed_inputs" ADD CONSTRAINT "sealed_inputs_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_totals" ADD CONSTRAINT "shadow_totals_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shadow_totals" ADD CONSTRAINT "shadow_totals_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "change_history_row" ON "change_history" USING btree ("table_name","row_key","id");--> statement-breakpoint
CREATE INDEX "change_history_table" ON "change_history" USING btree ("table_name","id");--> statement-breakpoint
CREATE INDEX "fee_lines_accumulated" ON "fee_lines" USING btree ("metering_point_id","accumulated_from") WHERE accumulated_from IS NOT NULL;