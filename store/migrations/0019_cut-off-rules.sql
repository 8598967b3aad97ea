CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO change_history (table_name, row_key, old)
  VALUES (TG_TABLE_NAME, COALESCE(NEW.id, OLD.id)::text, CASE TG_OP WHEN 'INSERT' THEN NULL ELSE to_jsonb(OLD) END);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER leases_history AFTER INSERT OR UPDATE OR DELETE ON leases FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER lease_tariffs_history AFTER INSERT OR UPDATE OR DELETE ON lease_tariffs FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER tariff_versions_history AFTER INSERT OR UPDATE OR DELETE ON tariff_versions FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER installations_history AFTER INSERT OR UPDATE OR DELETE ON installations FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER metering_points_history AFTER INSERT OR UPDATE OR DELETE ON metering_points FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER places_history AFTER UPDATE ON places FOR EACH ROW
  WHEN (OLD.area_m2 IS DISTINCT FROM NEW.area_m2) EXECUTE FUNCTION keep_history();
--> statement-breakpoint
-- Readings of devices are told apart by their journal frame; only what people enter and change has a history.
CREATE FUNCTION keep_reading_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  it readings := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
BEGIN
  INSERT INTO change_history (table_name, row_key, old)
  VALUES ('readings', it.register_id || ' ' || (extract(epoch FROM it.ts) * 1000)::bigint,
    CASE TG_OP WHEN 'INSERT' THEN NULL ELSE to_jsonb(OLD) END);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER readings_history_insert AFTER INSERT ON readings FOR EACH ROW
  WHEN (NEW.source = 'manual') EXECUTE FUNCTION keep_reading_history();
--> statement-breakpoint
CREATE TRIGGER readings_history_change AFTER UPDATE OR DELETE ON readings FOR EACH ROW EXECUTE FUNCTION keep_reading_history();
--> statement-breakpoint
CREATE TRIGGER change_history_immutable BEFORE UPDATE OR DELETE ON change_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER sealed_inputs_immutable BEFORE UPDATE OR DELETE ON sealed_inputs FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER billing_periods_no_truncate BEFORE TRUNCATE ON billing_periods FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Once a period is closed no line is put on its bill.
CREATE FUNCTION refuse_closed_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closed text;
BEGIN
  SELECT p.period INTO closed FROM (SELECT DISTINCT site_id, accounting_period FROM added) a
    JOIN billing_periods p ON p.site_id = a.site_id AND p.period = a.accounting_period LIMIT 1;
  IF closed IS NOT NULL THEN
    RAISE EXCEPTION 'period % is closed', closed USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER fee_lines_open_period AFTER INSERT ON fee_lines REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_period();
--> statement-breakpoint
-- Posted lines are cut in the site's zone and counted in its currency.
CREATE FUNCTION refuse_site_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM fee_lines WHERE site_id = OLD.id) THEN
    RAISE EXCEPTION 'site % has been charged: its time zone and currency stay', OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER sites_charged BEFORE UPDATE ON sites FOR EACH ROW
  WHEN (OLD.time_zone <> NEW.time_zone OR OLD.currency <> NEW.currency) EXECUTE FUNCTION refuse_site_change();
