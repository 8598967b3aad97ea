UPDATE metering_points SET role = 'common' WHERE place_id IS NULL AND commodity IN ('electricity', 'water');
--> statement-breakpoint
UPDATE metering_points p SET role = 'main' WHERE EXISTS (SELECT FROM metering_points behind WHERE behind.main_id = p.id);
--> statement-breakpoint
-- A tree: mains of the same site and commodity, no circles, at most 12 levels (domain/meter-tree.ts TREE_DEPTH_MAX).
CREATE FUNCTION check_meter_tree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  main metering_points;
  above bigint := NEW.main_id;
  levels integer := 0;
BEGIN
  IF NEW.role = 'stall' AND NEW.place_id IS NULL AND NEW.commodity IN ('electricity', 'water') THEN NEW.role := 'common'; END IF;
  IF TG_OP = 'UPDATE' AND NEW.role <> 'main' AND EXISTS (SELECT FROM metering_points WHERE main_id = NEW.id) THEN
    RAISE EXCEPTION 'metering point % has others behind it: it is a main', NEW.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'metering_points_main_role';
  END IF;
  IF NEW.main_id IS NULL OR (TG_OP = 'UPDATE' AND NEW.main_id IS NOT DISTINCT FROM OLD.main_id) THEN RETURN NEW; END IF;
  -- Two changes at once could close a circle that neither sees.
  PERFORM pg_advisory_xact_lock(hashtext('meter tree ' || NEW.site_id));
  SELECT * INTO main FROM metering_points WHERE id = NEW.main_id;
  IF main.site_id <> NEW.site_id OR main.commodity <> NEW.commodity THEN
    RAISE EXCEPTION 'metering point % cannot lie behind %', NEW.code, main.code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'metering_points_main_kind';
  END IF;
  WHILE above IS NOT NULL LOOP
    levels := levels + 1;
    IF above = NEW.id OR levels > 12 THEN
      RAISE EXCEPTION 'metering point % cannot lie behind %: the tree would have a circle or over 12 levels', NEW.code, main.code
        USING ERRCODE = 'check_violation', CONSTRAINT = 'metering_points_tree';
    END IF;
    SELECT main_id INTO above FROM metering_points WHERE id = above;
  END LOOP;
  UPDATE metering_points SET role = 'main' WHERE id = NEW.main_id AND role <> 'main';
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER metering_points_tree BEFORE INSERT OR UPDATE OF main_id, role, place_id ON metering_points
  FOR EACH ROW EXECUTE FUNCTION check_meter_tree();
--> statement-breakpoint
CREATE TRIGGER residuals_immutable BEFORE UPDATE OR DELETE ON residuals FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER residuals_no_truncate BEFORE TRUNCATE ON residuals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER residual_shares_immutable BEFORE UPDATE OR DELETE ON residual_shares FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER residual_shares_no_truncate BEFORE TRUNCATE ON residual_shares FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER passes_immutable BEFORE UPDATE OR DELETE ON passes FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER pass_collections_immutable BEFORE UPDATE OR DELETE ON pass_collections FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
ALTER TABLE pass_collections ADD CONSTRAINT pass_collections_amount CHECK (amount > 0);
--> statement-breakpoint
ALTER TABLE vehicle_payers ADD CONSTRAINT vehicle_payers_range CHECK (ends_at IS NULL OR ends_at > starts_at),
  ADD CONSTRAINT vehicle_payers_no_overlap EXCLUDE USING gist (vehicle_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
--> statement-breakpoint
ALTER TABLE monthly_passes ADD CONSTRAINT monthly_passes_range CHECK (ends_at > starts_at),
  ADD CONSTRAINT monthly_passes_no_overlap EXCLUDE USING gist (vehicle_id WITH =, tstzrange(starts_at, ends_at) WITH &&);
--> statement-breakpoint
-- The site's own leases have no place: the house's and that of the drivers who walk in.
ALTER TABLE leases DROP CONSTRAINT leases_house, ADD CONSTRAINT leases_house CHECK ((kind <> 'merchant') = (place_id IS NULL));
--> statement-breakpoint
CREATE UNIQUE INDEX leases_one_walk_in ON leases (site_id) WHERE kind = 'walk_in';
