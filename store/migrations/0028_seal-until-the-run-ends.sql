-- A point that gets a share of common area and loss is settled again by the run that closes its month: until that run
-- has ended, what was sealed for it may be replaced.
DROP TRIGGER sealed_inputs_immutable ON sealed_inputs;
--> statement-breakpoint
CREATE FUNCTION refuse_sealed_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR NOT EXISTS (SELECT FROM billing_runs WHERE id = OLD.run_id AND status = 'running') THEN
    RAISE EXCEPTION 'what run % sealed is immutable: % refused', OLD.run_id, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER sealed_inputs_immutable BEFORE UPDATE OR DELETE ON sealed_inputs FOR EACH ROW EXECUTE FUNCTION refuse_sealed_change();
