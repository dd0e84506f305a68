-- signing_key_list() rows
SELECT id, public_key, since_at FROM signing_key ORDER BY since_at DESC, id /* scan ok */ /* sort ok */;

-- signing_key_add(id text, public_key blob, now_at int) done
INSERT INTO signing_key (id, public_key, since_at) VALUES (:id, :public_key, :now_at)
ON CONFLICT (id) DO NOTHING;
