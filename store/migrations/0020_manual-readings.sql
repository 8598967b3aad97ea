CREATE TABLE "manual_readings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "manual_readings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"register_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"value" bigint NOT NULL,
	"purpose" text NOT NULL,
	"note" text,
	"photo_id" bigint,
	"moved_from" timestamp with time zone,
	"entered_at" timestamp with time zone NOT NULL,
	"entered_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reading_photos" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "reading_photos_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"site_id" text NOT NULL,
	"sha256" text NOT NULL,
	"type" text NOT NULL,
	"bytes" "bytea" NOT NULL,
	"added_at" timestamp with time zone NOT NULL,
	"added_by" text NOT NULL,
	CONSTRAINT "reading_photos_once" UNIQUE("site_id","sha256")
);
--> statement-breakpoint
CREATE TABLE "reading_vouchers" (
	"register_id" bigint NOT NULL,
	"ts" timestamp with time zone NOT NULL,
	"value" bigint NOT NULL,
	"vouched_at" timestamp with time zone NOT NULL,
	"vouched_by" text NOT NULL,
	CONSTRAINT "reading_vouchers_register_id_ts_value_pk" PRIMARY KEY("register_id","ts","value")
);
--> statement-breakpoint
ALTER TABLE "reading_conflicts" ADD COLUMN "decided_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "reading_conflicts" ADD COLUMN "decided_by" text;--> statement-breakpoint
ALTER TABLE "manual_readings" ADD CONSTRAINT "manual_readings_register_id_registers_id_fk" FOREIGN KEY ("register_id") REFERENCES "public"."registers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "manual_readings" ADD CONSTRAINT "manual_readings_photo_id_reading_photos_id_fk" FOREIGN KEY ("photo_id") REFERENCES "public"."reading_photos"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reading_photos" ADD CONSTRAINT "reading_photos_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reading_vouchers" ADD CONSTRAINT "reading_vouchers_register_id_registers_id_fk" FOREIGN KEY ("register_id") REFERENCES "public"."registers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "manual_readings_register" ON "manual_readings" USING btree ("register_id","ts");