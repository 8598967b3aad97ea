CREATE FUNCTION notify_audit_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('stallgrid_audits', json_build_object('run', NEW.id)::text);
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER audit_runs_notify AFTER INSERT ON audit_runs FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION notify_audit_run();
