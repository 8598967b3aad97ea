ALTER TABLE "commands" ADD COLUMN "broker" integer;--> statement-breakpoint
ALTER TABLE "device_states" ADD COLUMN "broker" integer;--> statement-breakpoint
ALTER TABLE "device_states" ADD COLUMN "connected_at" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "commands_broker" ON "commands" USING btree ("broker") WHERE "commands"."broker" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "device_states_broker" ON "device_states" USING btree ("broker") WHERE "device_states"."online";