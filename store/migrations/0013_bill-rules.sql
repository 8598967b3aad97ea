-- A bill is the sum of its lines when it leaves the hands of the platform; an issued one has its number and date.
ALTER TABLE bills ADD CONSTRAINT bills_issued CHECK (status <> 'issued' OR (number IS NOT NULL AND due_at IS NOT NULL));
--> statement-breakpoint
CREATE FUNCTION check_bill_sum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.amount <> (SELECT coalesce(sum(l.amount), 0) FROM bill_lines b JOIN fee_lines l ON l.id = b.fee_line_id WHERE b.bill_id = NEW.id)
    OR EXISTS (SELECT 1 FROM bill_lines b JOIN fee_lines l ON l.id = b.fee_line_id
      WHERE b.bill_id = NEW.id AND (l.currency <> NEW.currency OR l.lease_id <> NEW.lease_id)) THEN
    RAISE EXCEPTION 'bill % is not the sum of its lines', NEW.id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'bills_sum';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER bills_sum BEFORE UPDATE ON bills FOR EACH ROW
  WHEN (NEW.status IN ('issued', 'paid') AND OLD.status NOT IN ('issued', 'paid')) EXECUTE FUNCTION check_bill_sum();
--> statement-breakpoint
CREATE FUNCTION refuse_bill_born_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a bill begins as a draft' USING ERRCODE = 'restrict_violation';
END $$;
--> statement-breakpoint
CREATE TRIGGER bills_begin BEFORE INSERT ON bills FOR EACH ROW WHEN (NEW.status <> 'draft') EXECUTE FUNCTION refuse_bill_born_issued();
--> statement-breakpoint
-- An issued bill keeps its lines, and gets no others.
CREATE FUNCTION refuse_bill_lines_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM changed c JOIN bills b ON b.id = c.bill_id WHERE b.status IN ('issued', 'paid')) THEN
    RAISE EXCEPTION 'the lines of an issued bill stay' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER bill_lines_added AFTER INSERT ON bill_lines REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refuse_bill_lines_change();
--> statement-breakpoint
CREATE TRIGGER bill_lines_removed AFTER DELETE ON bill_lines REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION refuse_bill_lines_change();
--> statement-breakpoint
CREATE TRIGGER bill_lines_immutable BEFORE UPDATE ON bill_lines FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
ALTER TABLE disputes ADD CONSTRAINT disputes_amount CHECK (amount > 0),
  ADD CONSTRAINT disputes_decided CHECK ((status = 'open') = (decided_at IS NULL));
--> statement-breakpoint
ALTER TABLE credit_notes ADD CONSTRAINT credit_notes_amount CHECK (amount > 0);
--> statement-breakpoint
CREATE TRIGGER credit_notes_immutable BEFORE UPDATE OR DELETE ON credit_notes FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Credits never take back more than was billed.
CREATE FUNCTION check_bill_credits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(c.amount) FROM credit_notes c WHERE c.bill_id = NEW.bill_id) > (SELECT amount FROM bills WHERE id = NEW.bill_id) THEN
    RAISE EXCEPTION 'bill % would be credited above its amount', NEW.bill_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_notes_sum';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER credit_notes_sum AFTER INSERT ON credit_notes FOR EACH ROW EXECUTE FUNCTION check_bill_credits();
--> statement-breakpoint
ALTER TABLE write_offs ADD CONSTRAINT write_offs_amount CHECK (amount > 0),
  ADD CONSTRAINT write_offs_decided CHECK ((status = 'proposed') = (decided_at IS NULL));
--> statement-breakpoint
ALTER TABLE dunning_notices ADD CONSTRAINT dunning_notices_sent CHECK ((sent_at IS NULL) = (texts IS NULL));
--> statement-breakpoint
CREATE FUNCTION notify_bill_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_bill_runs', json_build_object('run', NEW.id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER bill_runs_notify AFTER INSERT ON bill_runs FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION notify_bill_run();
