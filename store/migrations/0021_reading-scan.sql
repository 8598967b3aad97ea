-- Finds what is new since a frame without a price for ingest: rows are appended in the order of frames.
CREATE INDEX readings_journal_seq ON readings USING brin (journal_seq) WITH (autosummarize = on);
--> statement-breakpoint
CREATE INDEX readings_future ON readings (register_id, ts) WHERE quality = 'future';
--> statement-breakpoint
CREATE TRIGGER reading_vouchers_immutable BEFORE UPDATE OR DELETE ON reading_vouchers FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER manual_readings_immutable BEFORE UPDATE OR DELETE ON manual_readings FOR EACH ROW EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER reading_photos_immutable BEFORE UPDATE OR DELETE ON reading_photos FOR EACH ROW EXECUTE FUNCTION refuse_change();
