-- Replaced by the next one.
SELECT 1;
