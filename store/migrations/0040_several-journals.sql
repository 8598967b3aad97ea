ALTER TABLE "journal_cursors" ADD COLUMN "journal_id" text;--> statement-breakpoint
UPDATE journal_cursors SET reader = reader || '/0' WHERE reader IN ('ingest', 'reading-scan');
--> statement-breakpoint
-- The position of a site's journal: as partitionOf in store/journal/partition.ts.
CREATE FUNCTION journal_partition(site text) RETURNS integer LANGUAGE sql STABLE AS $$
  SELECT (('x' || left(md5(site), 8))::bit(32)::bigint
    % greatest(1, (SELECT count(*) FROM journal_cursors WHERE starts_with(reader, 'ingest/'))))::integer
$$;
