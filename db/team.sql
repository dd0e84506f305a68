-- team_create(name text, personal_of int?, workos_organization_id text?, now_at int) row across teams
-- Records that outlive a deleted team have its id: no other team gets it.
INSERT INTO team (id, name, personal_of, workos_organization_id, created_at)
SELECT 1 + max(ifnull((SELECT max(id) FROM team), 0), ifnull((SELECT max(team_id) FROM ledger), 0),
               ifnull((SELECT max(team_id) FROM receipt), 0),
               ifnull((SELECT max(team_id) FROM invoice), 0),
               ifnull((SELECT max(team_id) FROM billing_activity), 0),
               ifnull((SELECT max(team_id) FROM usage_report), 0),
               ifnull((SELECT max(team_id) FROM signed_receipt), 0)),
       :name, :personal_of, :workos_organization_id, :now_at
RETURNING id;

-- team_personal(person_id int) row
SELECT id, name FROM team WHERE personal_of = :person_id;

-- team_by_organization(workos_organization_id text) row
SELECT id, name FROM team WHERE workos_organization_id = :workos_organization_id;

-- team_join(team_id int, person_id int, role text, now_at int) done
-- An existing member keeps the date and gets the new role.
INSERT INTO membership (team_id, person_id, role, created_at)
VALUES (:team_id, :person_id, :role, :now_at)
ON CONFLICT (team_id, person_id) DO UPDATE SET role = :role;

-- team_role(team_id int, person_id int) row
-- What a member is there.
SELECT role FROM membership WHERE team_id = :team_id AND person_id = :person_id;

-- team_rename(team_id int, name text) one
UPDATE team SET name = :name WHERE id = :team_id;

-- team_close(team_id int, now_at int) one
UPDATE team SET closed_at = ifnull(closed_at, :now_at) WHERE id = :team_id;

-- team_to_stop() rows (is_closed int, is_suspended int) across teams
-- Teams that are closed or suspended, and personal ones of people whose accounts are restricted or suspended, with VMs that
-- are to run.
SELECT t.id, t.closed_at IS NOT NULL AS is_closed, t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL AS is_suspended
FROM team t LEFT JOIN person p ON p.id = t.personal_of
WHERE (t.closed_at IS NOT NULL OR p.restricted_at IS NOT NULL OR t.suspended_at IS NOT NULL OR p.suspended_at IS NOT NULL)
  AND EXISTS (SELECT 1 FROM vm WHERE vm.team_id = t.id AND vm.wanted = 'running') /* scan ok */;

-- team_get(team_id int) row
-- `is_unmeasured`: whether an owner objected to usage charts; `personal_of`: whose own team it is.
SELECT name, is_unmeasured, personal_of, workos_organization_id FROM team WHERE id = :team_id;

-- team_set_unmeasured(team_id int, is_unmeasured int) one
UPDATE team SET is_unmeasured = :is_unmeasured WHERE id = :team_id;

-- team_member_by_workos(workos_membership_id text) row across teams
SELECT team_id, person_id FROM membership WHERE workos_membership_id = :workos_membership_id;

-- team_set_workos_membership(team_id int, person_id int, workos_membership_id text) done
UPDATE membership SET workos_membership_id = :workos_membership_id
WHERE team_id = :team_id AND person_id = :person_id;

-- team_leave(team_id int, person_id int) done
DELETE FROM membership WHERE team_id = :team_id AND person_id = :person_id;

-- team_leave_all(team_id int) done
DELETE FROM membership WHERE team_id = :team_id;

-- team_name_workos_membership(team_id int, person_id int, workos_membership_id text) done
-- Only if no membership id is stored yet.
UPDATE membership SET workos_membership_id = :workos_membership_id
WHERE team_id = :team_id AND person_id = :person_id AND workos_membership_id IS NULL;
-- team_money(team_id int) row
-- Creation date and monthly spend cap.
SELECT t.created_at, t.cap_cents FROM team t WHERE t.id = :team_id;

-- team_quota(team_id int) row (vms int, vcpus int, memory_mb int, disk_gb int)
-- Its own quota; -1: the server's default.
SELECT ifnull(quota_vms, -1) AS vms, ifnull(quota_vcpus, -1) AS vcpus, ifnull(quota_memory_mb, -1) AS memory_mb,
       ifnull(quota_disk_gb, -1) AS disk_gb FROM team WHERE id = :team_id;

-- team_set_quota(team_id int, vms int?, vcpus int?, memory_mb int?, disk_gb int?) one
-- NULL: the server's default.
UPDATE team SET quota_vms = :vms, quota_vcpus = :vcpus, quota_memory_mb = :memory_mb, quota_disk_gb = :disk_gb
WHERE id = :team_id;

-- team_set_cap(team_id int, cap_cents int?) one
UPDATE team SET cap_cents = :cap_cents WHERE id = :team_id;

-- team_people(team_id int, max int) rows (name text, email text, is_closed int)
-- Owners first, then by name.
SELECT m.person_id, m.role, m.created_at, p.name AS name, p.email AS email, p.closed_at IS NOT NULL AS is_closed
FROM membership m JOIN person p ON p.id = m.person_id WHERE m.team_id = :team_id
ORDER BY CASE m.role WHEN 'owner' THEN 0 WHEN 'member' THEN 1 ELSE 2 END, lower(p.name), p.id LIMIT :max /* sort ok */;

-- team_person(team_id int, person_id int) row (name text, email text, is_away int, is_own int, other_owners int)
-- Somebody in it. `is_away`: the account is closed or suspended; `is_own`: it is the person's personal team;
-- `other_owners`: besides them, who are not away.
SELECT m.role, m.created_at, p.name AS name, p.email AS email,
       p.closed_at IS NOT NULL OR p.suspended_at IS NOT NULL AS is_away,
       EXISTS (SELECT 1 FROM team t WHERE t.id = :team_id AND t.personal_of = m.person_id) AS is_own,
       (SELECT count(*) FROM membership o JOIN person q ON q.id = o.person_id
        WHERE o.team_id = :team_id AND o.person_id <> m.person_id AND o.role = 'owner'
          AND q.closed_at IS NULL AND q.suspended_at IS NULL) AS other_owners
FROM membership m JOIN person p ON p.id = m.person_id
WHERE m.team_id = :team_id AND m.person_id = :person_id;

-- team_keys_of(team_id int, person_id int) rows
-- The SSH keys that somebody added to it.
SELECT k.id, k.name, k.fingerprint FROM ssh_key k
WHERE k.team_id = :team_id AND k.person_id = :person_id ORDER BY k.name, k.id /* sort ok */;

-- team_of_person(person_id int) rows (name text, is_personal int, is_closed int, people int, vms int) across teams
-- All that somebody is in: their own first, then by name.
SELECT m.team_id, m.role, t.name AS name, t.personal_of IS m.person_id AS is_personal, t.closed_at IS NOT NULL AS is_closed,
       (SELECT count(*) FROM membership o WHERE o.team_id = t.id) AS people,
       (SELECT count(*) FROM vm_entry v WHERE v.team_id = t.id) AS vms
FROM membership m JOIN team t ON t.id = m.team_id WHERE m.person_id = :person_id
ORDER BY t.personal_of IS NOT m.person_id, lower(t.name), t.id /* sort ok */;

-- team_capped() rows
-- Teams with a spending limit.
SELECT id FROM team WHERE cap_cents IS NOT NULL AND closed_at IS NULL /* scan ok */;

-- team_spend_told(team_id int) row
SELECT name, spend_told_at, spend_told FROM team WHERE id = :team_id;

-- team_set_spend_told(team_id int, month_at int, percent int) one
UPDATE team SET spend_told_at = :month_at, spend_told = :percent WHERE id = :team_id;
