CREATE TABLE "settled_points" (
	"metering_point_id" bigint NOT NULL,
	"period" text NOT NULL,
	"run_id" bigint NOT NULL,
	"revision" integer NOT NULL,
	"reads_from" timestamp with time zone NOT NULL,
	"reads_to" timestamp with time zone NOT NULL,
	"inputs" text DEFAULT '' NOT NULL,
	CONSTRAINT "settled_points_metering_point_id_period_pk" PRIMARY KEY("metering_point_id","period")
);
--> statement-breakpoint
ALTER TABLE "settled_points" ADD CONSTRAINT "settled_points_metering_point_id_metering_points_id_fk" FOREIGN KEY ("metering_point_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "settled_points" ADD CONSTRAINT "settled_points_run_id_billing_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."billing_runs"("id") ON DELETE no action ON UPDATE no action;