-- team_create(name text, personal_of int?, workos_organization_id text?, now_at int) row
INSERT INTO team (name, personal_of, workos_organization_id, created_at)
VALUES (:name, :personal_of, :workos_organization_id, :now_at)
RETURNING id;

-- team_personal(person_id int) row
SELECT id, name FROM team WHERE personal_of = :person_id;

-- team_by_organization(workos_organization_id text) row
SELECT id, name FROM team WHERE workos_organization_id = :workos_organization_id;

-- team_join(team_id int, person_id int, role text, now_at int) done
-- A member who is there already keeps the date and gets the role.
INSERT INTO membership (team_id, person_id, role, created_at)
VALUES (:team_id, :person_id, :role, :now_at)
ON CONFLICT (team_id, person_id) DO UPDATE SET role = :role;
