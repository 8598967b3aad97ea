CREATE TABLE "monthly_passes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "monthly_passes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"vehicle_id" bigint NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pass_collections" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pass_collections_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"pass_id" bigint NOT NULL,
	"amount" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"collected_by" text NOT NULL,
	CONSTRAINT "pass_collections_pass" UNIQUE("pass_id")
);
--> statement-breakpoint
CREATE TABLE "passes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "passes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"device_id" text NOT NULL,
	"event_id" text NOT NULL,
	"metering_point_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"direction" text NOT NULL,
	"vehicle" text NOT NULL,
	"plate" text,
	"class" text NOT NULL,
	"ticket" text,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "passes_event" UNIQUE("device_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "vehicle_payers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "vehicle_payers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"vehicle_id" bigint NOT NULL,
	"lease_id" bigint NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "vehicles" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "vehicles_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"plate" text NOT NULL,
	"class" text NOT NULL,
	"note" text,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "vehicles_plate" UNIQUE("site_id","plate")
);
--> statement-breakpoint
CREATE TABLE "allocations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "allocations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"main_id" bigint NOT NULL,
	"from_month" text NOT NULL,
	"what" text NOT NULL,
	"weight" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "allocations_from" UNIQUE("main_id","from_month")
);
--> statement-breakpoint
CREATE TABLE "residual_shares" (
	"residual_id" bigint NOT NULL,
	"metering_point_id" bigint NOT NULL,
	"service_from" timestamp with time zone NOT NULL,
	"service_to" timestamp with time zone NOT NULL,
	"lease_id" bigint,
	"weight" bigint NOT NULL,
	"share" bigint NOT NULL,
	CONSTRAINT "residual_shares_residual_id_metering_point_id_service_from_pk" PRIMARY KEY("residual_id","metering_point_id","service_from")
);
--> statement-breakpoint
CREATE TABLE "residuals" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "residuals_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"main_id" bigint NOT NULL,
	"period" text NOT NULL,
	"revision" integer NOT NULL,
	"run_id" bigint NOT NULL,
	"main_usage" bigint NOT NULL,
	"sub_usage" bigint NOT NULL,
	"common_usage" bigint NOT NULL,
	"residual" bigint NOT NULL,
	"main_estimated" boolean NOT NULL,
	"members" jsonb NOT NULL,
	"what" text NOT NULL,
	"weight" text NOT NULL,
	"allocated" bigint NOT NULL,
	"total_weight" bigint NOT NULL,
	"input_hash" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "residuals_revision" UNIQUE("main_id","period","revision")
);
--> statement-breakpoint
ALTER TABLE "metering_points" ADD COLUMN "role" text DEFAULT 'stall' NOT NULL;--> statement-breakpoint
ALTER TABLE "monthly_passes" ADD CONSTRAINT "monthly_passes_vehicle_id_vehicles_id_fk" FOREIGN KEY ("vehicle_id") REFERENCES "public"."vehicles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pass_collections" ADD CONSTRAINT "pass_collections_pass_id_passes_id_fk" FOREIGN KEY ("pass_id") REFERENCES "public"."passes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passes" ADD CONSTRAINT "passes_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passes" ADD CONSTRAINT "passes_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "passes" ADD CONSTRAINT "passes_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vehicle_payers" ADD CONSTRAINT "vehicle_payers_vehicle_id_vehicles_id_fk" FOREIGN KEY ("vehicle_id") REFERENCES "public"."vehicles"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vehicle_payers" ADD CONSTRAINT "vehicle_payers_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "vehicles" ADD CONSTRAINT "vehicles_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "allocations" ADD CONSTRAINT "allocations_main_id_metering_points_id_fk" FOREIGN KEY ("main_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residual_shares" ADD CONSTRAINT "residual_shares_residual_id_residuals_id_fk" FOREIGN KEY ("residual_id") REFERENCES "public"."residuals"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residual_shares" ADD CONSTRAINT "residual_shares_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residual_shares" ADD CONSTRAINT "residual_shares_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residuals" ADD CONSTRAINT "residuals_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residuals" ADD CONSTRAINT "residuals_main_id_metering_points_id_fk" FOREIGN KEY ("main_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "residuals" ADD CONSTRAINT "residuals_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "monthly_passes_vehicle" ON "monthly_passes" USING btree ("vehicle_id");--> statement-breakpoint
CREATE INDEX "passes_vehicle" ON "passes" USING btree ("site_id","vehicle","ts");--> statement-breakpoint
CREATE INDEX "passes_site" ON "passes" USING btree ("site_id","ts");--> statement-breakpoint
CREATE INDEX "passes_point" ON "passes" USING btree ("metering_point_id","ts");--> statement-breakpoint
CREATE INDEX "vehicle_payers_vehicle" ON "vehicle_payers" USING btree ("vehicle_id");--> statement-breakpoint
CREATE INDEX "vehicle_payers_lease" ON "vehicle_payers" USING btree ("lease_id");--> statement-breakpoint
CREATE INDEX "residual_shares_point" ON "residual_shares" USING btree ("metering_point_id","service_from");--> statement-breakpoint
CREATE INDEX "residuals_site" ON "residuals" USING btree ("site_id","period");