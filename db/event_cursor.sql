-- event_cursor_get(source text) row
SELECT last_id, read_at FROM event_cursor WHERE source = :source;

-- event_cursor_put(source text, last_id text, now_at int) done
INSERT INTO event_cursor (source, last_id, read_at) VALUES (:source, :last_id, :now_at)
ON CONFLICT (source) DO UPDATE SET last_id = :last_id, read_at = :now_at;
