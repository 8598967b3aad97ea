-- A run that closes may settle a point twice; what the sealed period was made from stays.
CREATE FUNCTION refuse_sealed_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM billing_periods WHERE run_id = OLD.run_id) THEN
    RAISE EXCEPTION 'the inputs of a closed period are immutable: % refused', TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
--> statement-breakpoint
DROP TRIGGER sealed_inputs_immutable ON sealed_inputs;
--> statement-breakpoint
CREATE TRIGGER sealed_inputs_immutable BEFORE UPDATE OR DELETE ON sealed_inputs FOR EACH ROW EXECUTE FUNCTION refuse_sealed_change();
