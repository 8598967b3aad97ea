-- Which readings came in since: block ranges are enough, because rows lie in the order of their arrival.
CREATE INDEX readings_arrival ON readings USING brin (journal_seq, received_at);
