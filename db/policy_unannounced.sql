-- policy_unannounced_list() rows
SELECT text FROM policy_unannounced ORDER BY text /* scan ok */;

-- policy_unannounced_clear() done
DELETE FROM policy_unannounced /* scan ok */;

-- policy_unannounced_add(text text) done
INSERT INTO policy_unannounced (text) VALUES (:text) ON CONFLICT (text) DO NOTHING;
