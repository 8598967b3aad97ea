ALTER TABLE charges DROP CONSTRAINT charges_amount,
  ADD CONSTRAINT charges_amount CHECK (amount > 0),
  ADD CONSTRAINT charges_paid CHECK ((status = 'succeeded') = (paid IS NOT NULL)
    AND (paid IS NULL) = (applied IS NULL) AND paid > 0 AND applied BETWEEN 0 AND paid),
  ADD CONSTRAINT charges_refunded CHECK (refunded BETWEEN 0 AND coalesce(paid, 0));
--> statement-breakpoint
ALTER TABLE refunds ADD CONSTRAINT refunds_amount CHECK (amount > 0);
--> statement-breakpoint
ALTER TABLE bank_rows ADD CONSTRAINT bank_rows_amount CHECK (amount > 0);
--> statement-breakpoint
CREATE TRIGGER charge_events_immutable BEFORE UPDATE OR DELETE ON charge_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- The same table as CHARGE_MOVES in domain/charges.ts. Who is asked for how much, and under which number, never changes.
CREATE FUNCTION check_charge_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.amount <> OLD.amount OR NEW.order_no <> OLD.order_no THEN
    RAISE EXCEPTION '% % keeps its amount and its number', TG_TABLE_NAME, OLD.id USING ERRCODE = 'restrict_violation';
  END IF;
  IF NEW.status <> OLD.status AND NOT (CASE OLD.status
    WHEN 'created' THEN NEW.status IN ('submitted', 'unknown', 'succeeded', 'failed')
    WHEN 'submitted' THEN NEW.status IN ('unknown', 'succeeded', 'failed')
    WHEN 'unknown' THEN NEW.status IN ('submitted', 'succeeded', 'failed')
    WHEN 'failed' THEN NEW.status = 'succeeded'
    ELSE false END) THEN
    RAISE EXCEPTION '% % cannot go from % to %', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER charge_moves BEFORE UPDATE ON charges FOR EACH ROW EXECUTE FUNCTION check_charge_move();
--> statement-breakpoint
CREATE TRIGGER refund_moves BEFORE UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION check_charge_move();
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS ledger_transactions_bill ON ledger_transactions ((refs->>'bill')) WHERE refs ? 'bill';
--> statement-breakpoint
-- No bill is asked for more than is due on it.
CREATE FUNCTION check_charge_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE due numeric;
BEGIN
  SELECT coalesce(sum(e.amount), 0) INTO due FROM ledger_transactions t
    JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'receivable'
    WHERE t.refs ? 'bill' AND t.refs->>'bill' = NEW.bill_id::text;
  IF NEW.amount > due THEN
    RAISE EXCEPTION 'charge of % is above the % due on bill %', NEW.amount, due, NEW.bill_id
      USING ERRCODE = 'check_violation', CONSTRAINT = 'charges_due';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER charges_due BEFORE INSERT ON charges FOR EACH ROW WHEN (NEW.bill_id IS NOT NULL) EXECUTE FUNCTION check_charge_due();
--> statement-breakpoint
-- Succeeded less refunded never passes what is due: no payment takes a bill below nothing.
CREATE FUNCTION check_bill_overpaid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE bill text; below boolean;
BEGIN
  SELECT refs->>'bill' INTO bill FROM ledger_transactions WHERE id = NEW.transaction_id AND kind = 'charge.succeeded';
  IF bill IS NULL THEN RETURN NULL; END IF;
  SELECT sum(e.amount) < 0 INTO below FROM ledger_transactions t
    JOIN ledger_entries e ON e.transaction_id = t.id JOIN ledger_accounts a ON a.id = e.account_id AND a.kind = 'receivable'
    WHERE t.refs ? 'bill' AND t.refs->>'bill' = bill;
  IF below AND EXISTS (SELECT 1 FROM ledger_accounts WHERE id = NEW.account_id AND kind = 'receivable') THEN
    RAISE EXCEPTION 'bill % is paid beyond what is due', bill USING ERRCODE = 'check_violation', CONSTRAINT = 'bill_overpaid';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_entries_overpaid AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.amount < 0) EXECUTE FUNCTION check_bill_overpaid();
