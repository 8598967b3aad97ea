-- An event, unlike time, is told apart by its key.
ALTER TABLE fee_lines DROP CONSTRAINT fee_lines_original_once;
--> statement-breakpoint
ALTER TABLE fee_lines ADD CONSTRAINT fee_lines_original_once EXCLUDE USING gist
  (metering_point_id WITH =, component WITH =, band WITH =, event_key WITH =, tstzrange(service_from, service_to) WITH &&)
  WHERE (kind = 'original');
--> statement-breakpoint
CREATE TRIGGER actions_immutable BEFORE UPDATE OR DELETE ON actions FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER billing_periods_immutable BEFORE UPDATE OR DELETE ON billing_periods FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_transactions_immutable BEFORE UPDATE OR DELETE ON ledger_transactions FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_transactions_no_truncate BEFORE TRUNCATE ON ledger_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER ledger_entries_no_truncate BEFORE TRUNCATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- Double entry: when the transaction commits, its entries add up to zero and are of one currency.
CREATE FUNCTION check_ledger_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) <> 0 FROM ledger_entries WHERE transaction_id = NEW.transaction_id)
    OR (SELECT count(DISTINCT a.currency) > 1 FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
        WHERE e.transaction_id = NEW.transaction_id) THEN
    RAISE EXCEPTION 'ledger transaction % does not balance', NEW.transaction_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_ledger_balance();
--> statement-breakpoint
ALTER TABLE charges ADD CONSTRAINT charges_amount CHECK (amount > 0 AND refunded >= 0 AND refunded <= amount),
  ADD CONSTRAINT charges_bill CHECK ((purpose = 'bill') = (bill_id IS NOT NULL));
--> statement-breakpoint
-- An issued bill says for ever what it said: only whether it is paid changes.
CREATE FUNCTION refuse_bill_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR (OLD.status IN ('issued', 'paid') AND (
    (to_jsonb(NEW) - 'status' - 'paid_at') <> (to_jsonb(OLD) - 'status' - 'paid_at')
    OR NEW.status NOT IN ('issued', 'paid'))) THEN
    RAISE EXCEPTION 'bill % is issued: % refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER bills_immutable BEFORE UPDATE OR DELETE ON bills FOR EACH ROW EXECUTE FUNCTION refuse_bill_change();
