-- What is left of a lease's money follows from its entries, whoever books them.
CREATE FUNCTION keep_prepaid_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- In the order of leases, so that two transactions wait for one another instead of dead-locking.
  INSERT INTO prepaid_balances AS b (lease_id, site_id, balance)
  SELECT a.lease_id, a.site_id, -sum(e.amount) FROM booked e JOIN ledger_accounts a ON a.id = e.account_id
  WHERE a.kind = 'prepaid' GROUP BY a.lease_id, a.site_id ORDER BY a.lease_id
  ON CONFLICT (lease_id) DO UPDATE SET balance = b.balance + excluded.balance;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER ledger_entries_prepaid AFTER INSERT ON ledger_entries
  REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION keep_prepaid_balances();
--> statement-breakpoint
INSERT INTO prepaid_balances (lease_id, site_id, balance)
SELECT a.lease_id, a.site_id, -sum(e.amount) FROM ledger_entries e JOIN ledger_accounts a ON a.id = e.account_id
WHERE a.kind = 'prepaid' GROUP BY a.lease_id, a.site_id;
--> statement-breakpoint
-- One notice a transaction and site: equal payloads are sent once.
CREATE FUNCTION notify_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_balances', json_build_object('site', NEW.site_id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER prepaid_balances_notify AFTER INSERT OR UPDATE ON prepaid_balances
  FOR EACH ROW EXECUTE FUNCTION notify_balances();
--> statement-breakpoint
CREATE TRIGGER supplies_notify AFTER INSERT OR UPDATE ON supplies
  FOR EACH ROW EXECUTE FUNCTION notify_balances();
--> statement-breakpoint
CREATE FUNCTION notify_settlement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_settlement', json_build_object('run', NEW.id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER settlement_runs_notify AFTER INSERT ON settlement_runs
  FOR EACH ROW EXECUTE FUNCTION notify_settlement();
--> statement-breakpoint
CREATE TRIGGER supply_events_immutable BEFORE UPDATE OR DELETE ON supply_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER settlement_payouts_immutable BEFORE UPDATE OR DELETE ON settlement_payouts FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
ALTER TABLE settlement_payouts ADD CONSTRAINT settlement_payouts_amount CHECK (amount > 0);
--> statement-breakpoint
ALTER TABLE settlement_holds ADD CONSTRAINT settlement_holds_of CHECK (num_nonnulls(party_id, fee_line_id) = 1);
--> statement-breakpoint
CREATE FUNCTION refuse_share_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR OLD.payout_id IS NOT NULL
    OR (to_jsonb(NEW) - 'payout_id') <> (to_jsonb(OLD) - 'payout_id') THEN
    RAISE EXCEPTION 'settlement share % is immutable: % refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--> statement-breakpoint
CREATE TRIGGER settlement_shares_immutable BEFORE UPDATE OR DELETE ON settlement_shares
  FOR EACH ROW EXECUTE FUNCTION refuse_share_change();
--> statement-breakpoint
CREATE FUNCTION refuse_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' OR EXISTS (SELECT 1 FROM settlement_shares WHERE rule_id = OLD.id) THEN
    RAISE EXCEPTION 'split rule % is in use: % refused', OLD.id, TG_OP USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN OLD;
END $$;
--> statement-breakpoint
CREATE TRIGGER split_rules_immutable BEFORE UPDATE OR DELETE ON split_rules
  FOR EACH ROW EXECUTE FUNCTION refuse_rule_change();
