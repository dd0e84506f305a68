-- policy_fact_list(version int) rows
SELECT name, member, number FROM policy_fact WHERE version = :version ORDER BY name, member;

-- policy_fact_add(version int, name text, member text, number int) done
INSERT INTO policy_fact (version, name, member, number) VALUES (:version, :name, :member, :number);
