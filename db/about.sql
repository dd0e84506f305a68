-- about_start(now_at int) done
INSERT INTO about (id, started_at, measured_at, programs, memory_kb, page_files, page_bytes)
VALUES (1, :now_at, 0, 0, 0, 0, 0)
ON CONFLICT (id) DO UPDATE SET started_at = :now_at, measured_at = 0;

-- about_put(programs int, memory_kb int, page_files int, page_bytes int, now_at int) done
UPDATE about SET programs = :programs, memory_kb = :memory_kb, page_files = :page_files,
                 page_bytes = :page_bytes, measured_at = :now_at
WHERE id = 1;

-- about_get() row
SELECT started_at, measured_at, programs, memory_kb, page_files, page_bytes FROM about WHERE id = 1;
