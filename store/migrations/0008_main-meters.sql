ALTER TABLE "metering_points" ADD COLUMN "main_id" bigint;--> statement-breakpoint
ALTER TABLE "metering_points" ADD CONSTRAINT "metering_points_main_id_metering_points_id_fk" FOREIGN KEY ("main_id") REFERENCES "public"."metering_points"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "metering_points_main" ON "metering_points" USING btree ("main_id");