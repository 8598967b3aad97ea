CREATE TABLE "boundary_values" (
	"metering_point_id" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"revision" integer NOT NULL,
	"value" bigint NOT NULL,
	"method" text NOT NULL,
	"before_kind" text,
	"before_installation_id" bigint,
	"before_ts" timestamp with time zone,
	"before_value" bigint,
	"before_total" bigint,
	"after_kind" text,
	"after_installation_id" bigint,
	"after_ts" timestamp with time zone,
	"after_value" bigint,
	"run_id" bigint NOT NULL,
	CONSTRAINT "boundary_values_metering_point_id_at_revision_pk" PRIMARY KEY("metering_point_id","at","revision")
);
--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "attempts" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "billing_runs" ADD COLUMN "last_point_id" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "boundary_values" ADD CONSTRAINT "boundary_values_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "boundary_values" ADD CONSTRAINT "boundary_values_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;