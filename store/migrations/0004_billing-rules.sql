CREATE TRIGGER boundary_values_immutable BEFORE UPDATE OR DELETE ON boundary_values FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER boundary_values_no_truncate BEFORE TRUNCATE ON boundary_values FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Time is charged originally once, whoever pays and by whatever schedule.
ALTER TABLE fee_lines ADD CONSTRAINT fee_lines_range CHECK (service_to > service_from),
  ADD CONSTRAINT fee_lines_original_once EXCLUDE USING gist
    (metering_point_id WITH =, component WITH =, band WITH =, tstzrange(service_from, service_to) WITH &&)
    WHERE (kind = 'original');
--> statement-breakpoint
CREATE INDEX billing_runs_open ON billing_runs (id) WHERE status IN ('queued', 'running');
