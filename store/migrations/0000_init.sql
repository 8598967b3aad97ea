CREATE TABLE "billing_runs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "billing_runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"period" text NOT NULL,
	"status" text NOT NULL,
	"requested_by" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"points_total" integer DEFAULT 0 NOT NULL,
	"points_done" integer DEFAULT 0 NOT NULL,
	"lines_posted" integer DEFAULT 0 NOT NULL,
	"amount_posted" bigint DEFAULT 0 NOT NULL,
	"problems" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "fee_lines" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "fee_lines_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"period" text NOT NULL,
	"run_id" bigint NOT NULL,
	"lease_id" bigint NOT NULL,
	"metering_point_id" bigint NOT NULL,
	"service_from" timestamp with time zone NOT NULL,
	"service_to" timestamp with time zone NOT NULL,
	"tariff_version_id" bigint NOT NULL,
	"component" text NOT NULL,
	"band" text NOT NULL,
	"sequence" integer NOT NULL,
	"quantity" bigint NOT NULL,
	"unit_price" numeric NOT NULL,
	"amount" bigint NOT NULL,
	"currency" text NOT NULL,
	"kind" text NOT NULL,
	"corrects_id" bigint,
	"input_hash" text NOT NULL,
	"evidence" jsonb NOT NULL,
	"posted_at" timestamp with time zone NOT NULL,
	CONSTRAINT "fee_lines_once" UNIQUE("lease_id","metering_point_id","service_from","service_to","tariff_version_id","component","band","sequence")
);
--> statement-breakpoint
CREATE TABLE "commands" (
	"id" uuid PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"op" text NOT NULL,
	"args" jsonb NOT NULL,
	"reason" text,
	"requested_by" text NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"sent_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"result" jsonb
);
--> statement-breakpoint
CREATE TABLE "device_events" (
	"device_id" text NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"type" text NOT NULL,
	"event_id" text NOT NULL,
	"data" jsonb NOT NULL,
	CONSTRAINT "device_events_device_id_ts_type_event_id_pk" PRIMARY KEY("device_id","ts","type","event_id")
);
--> statement-breakpoint
CREATE TABLE "device_profiles" (
	"id" text NOT NULL,
	"revision" integer NOT NULL,
	"kind" text NOT NULL,
	"definition" jsonb NOT NULL,
	CONSTRAINT "device_profiles_id_revision_pk" PRIMARY KEY("id","revision")
);
--> statement-breakpoint
CREATE TABLE "device_states" (
	"device_id" text PRIMARY KEY NOT NULL,
	"online" boolean DEFAULT false NOT NULL,
	"online_changed_at" timestamp with time zone,
	"last_seen_at" timestamp with time zone,
	"measured_at" timestamp with time zone,
	"firmware" text
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" text PRIMARY KEY NOT NULL,
	"site_id" text NOT NULL,
	"serial" text NOT NULL,
	"profile_id" text NOT NULL,
	"profile_revision" integer NOT NULL,
	"place_id" bigint,
	"secret_hash" "bytea" NOT NULL,
	"previous_secret_hash" "bytea",
	"previous_secret_expires_at" timestamp with time zone,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "devices_serial" UNIQUE("site_id","serial")
);
--> statement-breakpoint
CREATE TABLE "dead_letters" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "dead_letters_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"device_id" text NOT NULL,
	"topic" text NOT NULL,
	"payload" "bytea" NOT NULL,
	"reason" text NOT NULL,
	"detail" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"journal_seq" bigint NOT NULL,
	"record_index" integer NOT NULL,
	"item_index" integer DEFAULT -1 NOT NULL,
	CONSTRAINT "dead_letters_record" UNIQUE("journal_seq","record_index","item_index")
);
--> statement-breakpoint
CREATE TABLE "journal_cursors" (
	"reader" text PRIMARY KEY NOT NULL,
	"seq" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "telemetry" (
	"device_id" text NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"values" jsonb NOT NULL,
	CONSTRAINT "telemetry_device_id_ts_pk" PRIMARY KEY("device_id","ts")
) PARTITION BY RANGE ("ts");
--> statement-breakpoint
CREATE TABLE "installations" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "installations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"register_id" bigint NOT NULL,
	"metering_point_id" bigint NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"start_value" bigint NOT NULL,
	"ends_at" timestamp with time zone,
	"end_value" bigint,
	"multiplier" numeric(12, 4) DEFAULT '1' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metering_points" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "metering_points_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"place_id" bigint,
	"commodity" text NOT NULL,
	"code" text NOT NULL,
	"max_rate" bigint NOT NULL,
	CONSTRAINT "metering_points_code" UNIQUE("site_id","code")
);
--> statement-breakpoint
CREATE TABLE "reading_conflicts" (
	"register_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"value" bigint NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "reading_conflicts_register_id_ts_value_pk" PRIMARY KEY("register_id","ts","value")
);
--> statement-breakpoint
CREATE TABLE "readings" (
	"register_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"value" bigint NOT NULL,
	"quality" text NOT NULL,
	"source" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"journal_seq" bigint,
	CONSTRAINT "readings_register_id_ts_pk" PRIMARY KEY("register_id","ts")
) PARTITION BY RANGE ("ts");
--> statement-breakpoint
CREATE TABLE "registers" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "registers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"device_id" text NOT NULL,
	"point" text NOT NULL,
	"unit" text NOT NULL,
	"modulus" bigint NOT NULL,
	CONSTRAINT "registers_point" UNIQUE("device_id","point")
);
--> statement-breakpoint
CREATE TABLE "occupancy_changes" (
	"place_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"occupancy" text NOT NULL,
	CONSTRAINT "occupancy_changes_place_id_ts_pk" PRIMARY KEY("place_id","ts")
);
--> statement-breakpoint
CREATE TABLE "stall_states" (
	"place_id" bigint PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"occupancy" text NOT NULL,
	"measured_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "lease_tariffs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "lease_tariffs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"lease_id" bigint NOT NULL,
	"commodity" text NOT NULL,
	"tariff_id" bigint NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "leases_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"place_id" bigint,
	"party_id" bigint NOT NULL,
	"kind" text DEFAULT 'merchant' NOT NULL,
	"charging" text NOT NULL,
	"trade" text,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "parties" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "parties_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"initials" text DEFAULT '' NOT NULL,
	"phone" text
);
--> statement-breakpoint
CREATE TABLE "places" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "places_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"parent_id" bigint,
	"kind" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"rect" jsonb,
	"plan" jsonb,
	"area_m2" numeric(10, 2),
	CONSTRAINT "places_code" UNIQUE("site_id","code")
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"time_zone" text NOT NULL,
	"currency" text DEFAULT 'CNY' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sites_id_topic_safe" CHECK ("sites"."id" ~ '^[A-Za-z0-9_.-]{1,32}$')
);
--> statement-breakpoint
CREATE TABLE "tariff_versions" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tariff_versions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"tariff_id" bigint NOT NULL,
	"version" integer NOT NULL,
	"effective_from" timestamp with time zone NOT NULL,
	"definition" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tariff_versions_version" UNIQUE("tariff_id","version"),
	CONSTRAINT "tariff_versions_from" UNIQUE("tariff_id","effective_from")
);
--> statement-breakpoint
CREATE TABLE "tariffs" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tariffs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"code" text NOT NULL,
	"name" text NOT NULL,
	"commodity" text NOT NULL,
	CONSTRAINT "tariffs_code" UNIQUE("site_id","code")
);
--> statement-breakpoint
ALTER TABLE "billing_runs" ADD CONSTRAINT "billing_runs_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD CONSTRAINT "fee_lines_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD CONSTRAINT "fee_lines_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD CONSTRAINT "fee_lines_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD CONSTRAINT "fee_lines_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fee_lines" ADD CONSTRAINT "fee_lines_tariff_version_id_tariff_versions_id_fk" FOREIGN KEY ("tariff_version_id") REFERENCES "public"."tariff_versions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "commands" ADD CONSTRAINT "commands_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device_events" ADD CONSTRAINT "device_events_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device_states" ADD CONSTRAINT "device_states_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_profile_id_profile_revision_device_profiles_id_revision_fk" FOREIGN KEY ("profile_id","profile_revision") REFERENCES "public"."device_profiles"("id","revision") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "installations" ADD CONSTRAINT "installations_register_id_registers_id_fk" FOREIGN KEY ("register_id") REFERENCES "public"."registers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "installations" ADD CONSTRAINT "installations_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metering_points" ADD CONSTRAINT "metering_points_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "metering_points" ADD CONSTRAINT "metering_points_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "registers" ADD CONSTRAINT "registers_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "occupancy_changes" ADD CONSTRAINT "occupancy_changes_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stall_states" ADD CONSTRAINT "stall_states_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stall_states" ADD CONSTRAINT "stall_states_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lease_tariffs" ADD CONSTRAINT "lease_tariffs_lease_id_leases_id_fk" FOREIGN KEY ("lease_id") REFERENCES "public"."leases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lease_tariffs" ADD CONSTRAINT "lease_tariffs_tariff_id_tariffs_id_fk" FOREIGN KEY ("tariff_id") REFERENCES "public"."tariffs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_place_id_places_id_fk" FOREIGN KEY ("place_id") REFERENCES "public"."places"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_party_id_parties_id_fk" FOREIGN KEY ("party_id") REFERENCES "public"."parties"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "places" ADD CONSTRAINT "places_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tariff_versions" ADD CONSTRAINT "tariff_versions_tariff_id_tariffs_id_fk" FOREIGN KEY ("tariff_id") REFERENCES "public"."tariffs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tariffs" ADD CONSTRAINT "tariffs_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "billing_runs_site" ON "billing_runs" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "fee_lines_site_period" ON "fee_lines" USING btree ("site_id","period","id");--> statement-breakpoint
CREATE INDEX "fee_lines_lease" ON "fee_lines" USING btree ("lease_id","id");--> statement-breakpoint
CREATE INDEX "fee_lines_point" ON "fee_lines" USING btree ("metering_point_id","service_from");--> statement-breakpoint
CREATE INDEX "commands_open" ON "commands" USING btree ("device_id","status");--> statement-breakpoint
CREATE INDEX "devices_place" ON "devices" USING btree ("place_id");--> statement-breakpoint
CREATE INDEX "dead_letters_site" ON "dead_letters" USING btree ("site_id","id");--> statement-breakpoint
CREATE INDEX "dead_letters_device" ON "dead_letters" USING btree ("device_id","id");--> statement-breakpoint
CREATE INDEX "installations_point" ON "installations" USING btree ("metering_point_id");--> statement-breakpoint
CREATE INDEX "installations_register" ON "installations" USING btree ("register_id");--> statement-breakpoint
CREATE INDEX "metering_points_place" ON "metering_points" USING btree ("place_id");--> statement-breakpoint
CREATE INDEX "occupancy_changes_ts" ON "occupancy_changes" USING btree ("ts");--> statement-breakpoint
CREATE INDEX "lease_tariffs_lease" ON "lease_tariffs" USING btree ("lease_id");--> statement-breakpoint
CREATE INDEX "leases_place" ON "leases" USING btree ("place_id");--> statement-breakpoint
CREATE INDEX "leases_party" ON "leases" USING btree ("party_id");--> statement-breakpoint
CREATE INDEX "places_parent" ON "places" USING btree ("parent_id");