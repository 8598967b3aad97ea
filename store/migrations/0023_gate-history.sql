-- What passes cost and who is charged for what is lost can be computed again as of a run's cut-off (store/as-of.ts).
CREATE TRIGGER vehicles_history AFTER INSERT OR UPDATE OR DELETE ON vehicles FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER vehicle_payers_history AFTER INSERT OR UPDATE OR DELETE ON vehicle_payers FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER monthly_passes_history AFTER INSERT OR UPDATE OR DELETE ON monthly_passes FOR EACH ROW EXECUTE FUNCTION keep_history();
--> statement-breakpoint
CREATE TRIGGER allocations_history AFTER INSERT OR UPDATE OR DELETE ON allocations FOR EACH ROW EXECUTE FUNCTION keep_history();
