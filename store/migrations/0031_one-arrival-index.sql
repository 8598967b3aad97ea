-- readings_journal_seq finds what came in since as well.
DROP INDEX readings_arrival;
