CREATE TABLE "hand_outcomes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "hand_outcomes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"charge_id" bigint NOT NULL,
	"refund_id" bigint,
	"outcome" text NOT NULL,
	"note" text NOT NULL,
	"status" text DEFAULT 'proposed' NOT NULL,
	"proposed_by" text NOT NULL,
	"proposed_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "hand_outcomes" ADD CONSTRAINT "hand_outcomes_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hand_outcomes" ADD CONSTRAINT "hand_outcomes_charge_id_charges_id_fk" FOREIGN KEY ("charge_id") REFERENCES "public"."charges"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hand_outcomes" ADD CONSTRAINT "hand_outcomes_refund_id_refunds_id_fk" FOREIGN KEY ("refund_id") REFERENCES "public"."refunds"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "hand_outcomes_one_proposed" ON "hand_outcomes" USING btree ("charge_id",coalesce(refund_id, 0)) WHERE status = 'proposed';--> statement-breakpoint
CREATE INDEX "hand_outcomes_charge" ON "hand_outcomes" USING btree ("charge_id","id");