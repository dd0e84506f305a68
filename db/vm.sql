-- vm_list(team_id int, error_characters int) rows (last_error text, standing text)
-- A team's existing VMs, newest first, as the list shows, counts, searches and sorts them. Of an
-- error, its beginning.
SELECT id, name, region, image, size, vcpus, memory_mb, disk_gb, state, state_at, up_at, observed,
       observed_at, unresponsive_at, ssh_host, ssh_port, cpu_line, cpu_percent,
       substr(last_error, 1, :error_characters) AS last_error, standing
FROM vm_entry WHERE team_id = :team_id ORDER BY created_at DESC, id;

-- vm_ever(team_id int) row (total int)
-- Whether the team ever had a VM: 0 or 1.
SELECT EXISTS (SELECT 1 FROM vm WHERE team_id = :team_id)
    OR EXISTS (SELECT 1 FROM receipt WHERE team_id = :team_id) AS total;

-- vm_get(team_id int, id text) row (snapshot_gb int, has_start int, has_stop int, has_daily int)
SELECT team_id, id, name, region, image, size, vcpus, memory_mb, disk_gb, wanted, wanted_at, state,
       state_at, up_at, observed, observed_at, unresponsive_at, ssh_host, ssh_port, host_key_public,
       host_key_fingerprint, source_vm_id, source_snapshot_id, image_version, last_error, gone_at,
       created_at, internet, internet_names, internet_pending, setup_wanted, setup_taken, life, life_minutes, clock_at, measured_at, warned_at, project, tags, note,
       zone, run_days, start_minute, start_minute IS NOT NULL AS has_start, stop_minute, stop_minute IS NOT NULL AS has_stop,
       snapshot_minute, snapshot_minute IS NOT NULL AS has_daily, snapshot_keep, has_user_data, has_agent, agent_started, agent_failed, setup_name, (SELECT ifnull(sum(n.disk_gb), 0) FROM snapshot n
                     WHERE n.vm_id = vm.id AND n.state = 'ready') AS snapshot_gb
FROM vm WHERE team_id = :team_id AND id = :id;

-- vm_quota(team_id int) row (vms int, vcpus int, memory_mb int, disk_gb int)
-- Quota used by a team's existing VMs and their snapshots.
SELECT count(*) AS vms, ifnull(sum(vcpus), 0) AS vcpus, ifnull(sum(memory_mb), 0) AS memory_mb,
       ifnull(sum(disk_gb), 0) + ifnull((SELECT sum(s.disk_gb) FROM snapshot s
         WHERE s.team_id = :team_id AND s.state <> 'failed'), 0) AS disk_gb
FROM vm_entry WHERE team_id = :team_id;

-- vm_create(team_id int, id text, person_id int?, name text, region text, image text, image_version text?, size text, vcpus int, memory_mb int, disk_gb int, source_vm_id text?, source_snapshot_id text?, internet text, internet_names text?, life text, life_minutes int?, ssh_port int?, now_at int) done
-- With a port its host runs it already, and is told what it may reach.
INSERT INTO vm (team_id, created_at, id, person_id, name, region, image, image_version, size, vcpus,
                memory_mb, disk_gb, wanted, wanted_at, state, state_at, observed,
                observed_at, source_vm_id, source_snapshot_id, internet, internet_names, internet_pending, life, life_minutes, ssh_port, clock_at)
VALUES (:team_id, :now_at, :id, :person_id, :name, :region, :image, :image_version, :size, :vcpus,
        :memory_mb, :disk_gb, 'running', :now_at, 'creating', :now_at, 'absent', :now_at,
        :source_vm_id, :source_snapshot_id, :internet, :internet_names, :ssh_port IS NOT NULL, :life, :life_minutes,
        :ssh_port, :now_at);

-- vm_id_by_name(team_id int, name text) row
SELECT id FROM vm WHERE team_id = :team_id AND name = :name AND gone_at IS NULL;

-- vm_rename(team_id int, id text, name text) one
UPDATE vm SET name = :name, setup_wanted = setup_wanted + 1, setup_name = setup_wanted + 1
WHERE team_id = :team_id AND id = :id AND gone_at IS NULL;

-- vm_setup_change(team_id int, id text) one
-- Count a change of its keys.
UPDATE vm SET setup_wanted = setup_wanted + 1 WHERE team_id = :team_id AND id = :id;

-- vm_setup_seeded(id text, number int) done across teams
UPDATE vm SET setup_seeded = :number WHERE id = :id;

-- vm_setup_taken(id text) done across teams
-- Its guest has started with the last seed.
UPDATE vm SET setup_taken = setup_seeded WHERE id = :id;

-- vm_setup_restore(team_id int, id text, snapshot_id text) one
-- The guest is as it was then.
UPDATE vm SET (setup_seeded, setup_taken) = (SELECT s.setup_taken, s.setup_taken FROM snapshot s
    WHERE s.team_id = :team_id AND s.id = :snapshot_id)
WHERE team_id = :team_id AND id = :id;

-- vm_set_internet(team_id int, id text, internet text, internet_names text?) one
UPDATE vm SET internet = :internet, internet_names = :internet_names, internet_pending = 1
WHERE team_id = :team_id AND id = :id;

-- vm_internet_pending() rows across teams
-- Whose host has not been told what they may reach. Without a port they have not been started.
SELECT id FROM vm
WHERE internet_pending = 1 AND gone_at IS NULL AND ssh_port IS NOT NULL;

-- vm_internet_told(id text, ssh_port int, internet text, internet_names text?) done across teams
-- Unless it has been chosen anew since, or has another port.
UPDATE vm SET internet_pending = 0
WHERE id = :id AND ssh_port = :ssh_port AND internet = :internet
  AND internet_names IS :internet_names;

-- vm_internet_untold() done across teams
UPDATE vm SET internet_pending = 1 WHERE gone_at IS NULL AND internet_pending = 0 /* scan ok */;

-- vm_resize(team_id int, id text, size text, vcpus int, memory_mb int, disk_gb int) one
UPDATE vm SET size = :size, vcpus = :vcpus, memory_mb = :memory_mb, disk_gb = :disk_gb
WHERE team_id = :team_id AND id = :id;

-- vm_set_state(team_id int, id text, state text, wanted text?, now_at int) one
-- `wanted` NULL: unchanged. A snapshot or a pause is not the end of being up, nor a snapshot or a resize of being off.
UPDATE vm SET state = :state,
              state_at = CASE WHEN state = :state OR (up_at IS NULL
                                AND state IN ('stopped', 'snapshotting', 'resizing')
                                AND :state IN ('stopped', 'snapshotting', 'resizing'))
                              THEN state_at ELSE :now_at END,
              up_at = CASE WHEN :state = 'running' THEN ifnull(up_at, :now_at)
                           WHEN :state IN ('snapshotting', 'paused', 'resuming') THEN up_at END,
              wanted_at = CASE WHEN :wanted IS NULL OR wanted = :wanted THEN wanted_at
                               ELSE :now_at END,
              wanted = ifnull(:wanted, wanted)
WHERE team_id = :team_id AND id = :id;

-- vm_for_worker(id text) row across teams
SELECT v.team_id, v.id, v.name, v.region, v.image, v.size, v.vcpus, v.memory_mb, v.disk_gb,
       v.wanted, v.state, v.observed, v.unresponsive_at, v.ssh_host, v.ssh_port, v.host_key_public,
       v.source_vm_id, v.source_snapshot_id, v.image_version, v.gone_at, v.internet, v.internet_names,
       v.setup_wanted, v.setup_seeded, v.setup_taken, v.has_user_data, v.has_agent, t.name AS team_name
FROM vm v JOIN team t ON t.id = v.team_id WHERE v.id = :id;

-- vm_unreached(max int) rows across teams
-- Those that are on, or about to be, and that nobody can reach by SSH; the latest first.
SELECT id, region FROM vm
WHERE gone_at IS NULL AND state IN ('creating', 'starting', 'restarting', 'restoring', 'failed')
ORDER BY state_at DESC LIMIT :max /* scan ok */ /* sort ok */;

-- vm_alive(region text) rows (last_job_number int, open_jobs int, is_unmeasured int) across teams
-- For the reconciler: the state to compare with the host, and whether a job works on the VM.
SELECT v.team_id, v.id, v.name, v.vcpus, v.state, v.state_at, v.wanted, v.observed, v.observed_at,
       v.unresponsive_at, v.ssh_host, v.ssh_port, v.host_key_public, v.life,
       ifnull((SELECT max(j.number) FROM job j WHERE j.vm_id = v.id), 0) AS last_job_number,
       (SELECT count(*) FROM job j WHERE j.vm_id = v.id AND j.state IN ('queued', 'running'))
           AS open_jobs,
       (SELECT t.is_unmeasured FROM team t WHERE t.id = v.team_id) AS is_unmeasured
FROM vm v WHERE v.region = :region AND v.gone_at IS NULL;

-- vm_exists(id text) row across teams
-- A VM, or what was one: its receipt is kept longer than its record.
SELECT id, team_id, state, state_at, gone_at FROM vm WHERE id = :id
UNION ALL
SELECT vm_id, team_id, 'gone', gone_at, gone_at FROM receipt WHERE vm_id = :id LIMIT 1;

-- vm_team_of_person(id text, person_id int) row (team_id int, name text) across teams
-- The team of a VM, or of its receipt, if the person is in it.
SELECT t.id AS team_id, t.name AS name
FROM (SELECT team_id FROM vm WHERE id = :id UNION SELECT team_id FROM receipt WHERE vm_id = :id) o
JOIN membership m ON m.team_id = o.team_id AND m.person_id = :person_id
JOIN team t ON t.id = o.team_id WHERE t.closed_at IS NULL;

-- vm_port_taken(region text, ssh_port int) row (total int) across teams
-- By a VM at the region's own address, by one of a pool, or by the isolation probe.
SELECT (SELECT count(*) FROM vm WHERE region = :region AND ifnull(ssh_host, '') = ''
            AND ssh_port = :ssh_port AND gone_at IS NULL AND ssh_port IS NOT NULL)
     + (SELECT count(*) FROM pool_vm WHERE region = :region AND ssh_port = :ssh_port /* scan ok */)
     + (SELECT count(*) FROM probe WHERE region = :region AND ssh_port = :ssh_port) AS total;

-- vm_set_endpoint(id text, ssh_host text?, ssh_port int?) one across teams
-- By its port the host knows what it may reach.
UPDATE vm SET ssh_host = :ssh_host, ssh_port = :ssh_port,
              internet_pending = internet_pending OR ssh_port IS NOT :ssh_port
WHERE id = :id;

-- vm_set_host_key(id text, host_key_public text, host_key_fingerprint text) one across teams
UPDATE vm SET host_key_public = :host_key_public, host_key_fingerprint = :host_key_fingerprint
WHERE id = :id;

-- vm_set_observed(id text, observed text, now_at int) one across teams
UPDATE vm SET observed = :observed, observed_at = :now_at,
              unresponsive_at = CASE WHEN :observed = 'running' THEN unresponsive_at END,
              cpu_line = CASE WHEN :observed = 'running' THEN cpu_line END,
              cpu_full_at = CASE WHEN :observed = 'running' THEN cpu_full_at END,
              limited_at = CASE WHEN :observed = 'running' THEN limited_at END
WHERE id = :id;

-- vm_set_cpu(id text, cpu_line text, cpu_percent int, full_at int?) one across teams
-- full_at: the beginning of an hour in which it used all its CPUs.
UPDATE vm SET cpu_line = :cpu_line, cpu_percent = :cpu_percent,
              cpu_full_at = CASE WHEN :full_at IS NOT NULL THEN ifnull(cpu_full_at, :full_at) END
WHERE id = :id;

-- vm_clear_cpu_full(before_at int) done across teams
-- Of those that have not been measured since then nobody knows.
UPDATE vm SET cpu_full_at = NULL WHERE cpu_full_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM usage_minute u
    WHERE u.team_id = vm.team_id AND u.vm_id = vm.id AND u.minute_at >= :before_at);

-- vm_set_limited(id text, now_at int) done across teams
-- It is over the limit of connections: of one that has stopped meanwhile the host says so for a while.
UPDATE vm SET limited_at = :now_at WHERE id = :id AND observed = 'running';

-- vm_clear_limited(before_at int) done across teams
UPDATE vm SET limited_at = NULL WHERE limited_at < :before_at;

-- vm_clear_cpu(team_id int) done
-- Of all the team's VMs.
UPDATE vm SET cpu_line = NULL, cpu_percent = NULL, cpu_full_at = NULL
WHERE team_id = :team_id AND cpu_line IS NOT NULL;

-- vm_set_unresponsive(id text, unresponsive_at int?) one across teams
UPDATE vm SET unresponsive_at = :unresponsive_at WHERE id = :id;

-- vm_set_error(id text, last_error text?) one across teams
UPDATE vm SET last_error = :last_error WHERE id = :id;

-- vm_set_gone(id text, now_at int) one across teams
-- SSH address and host key are no longer needed.
UPDATE vm SET gone_at = :now_at, state = 'gone', state_at = :now_at, observed = 'absent',
              observed_at = :now_at, ssh_host = NULL, ssh_port = NULL, unresponsive_at = NULL, last_error = NULL
WHERE id = :id;

-- vm_states(team_id int) rows
SELECT id, state FROM vm WHERE team_id = :team_id AND gone_at IS NULL;

-- vm_delete_gone(before_at int, max int) done across teams
-- Those that were destroyed before that; what belongs to them goes first.
DELETE FROM vm WHERE gone_at < :before_at LIMIT :max;

-- vm_count_gone(before_at int) row (total int, oldest_at int) across teams
SELECT count(*) AS total, ifnull(min(gone_at), 0) AS oldest_at FROM vm WHERE gone_at < :before_at;

-- vm_set_life(team_id int, id text, life text, life_minutes int?, now_at int) one
-- Its clock begins anew.
UPDATE vm SET life = :life, life_minutes = :life_minutes, clock_at = :now_at, measured_at = NULL, warned_at = NULL
WHERE team_id = :team_id AND id = :id AND gone_at IS NULL;

-- vm_set_clock(id text, now_at int) one across teams
UPDATE vm SET clock_at = :now_at, warned_at = NULL WHERE id = :id;

-- vm_set_measured(id text, now_at int) one across teams
UPDATE vm SET measured_at = :now_at WHERE id = :id;

-- vm_set_warned(id text, now_at int) one across teams
UPDATE vm SET warned_at = :now_at WHERE id = :id;

-- vm_set_end_cause(id text, end_cause text) one across teams
UPDATE vm SET end_cause = :end_cause WHERE id = :id;

-- vm_life_get(id text) row across teams
SELECT team_id, id, name, state, state_at, life, life_minutes, clock_at, measured_at, warned_at
FROM vm WHERE id = :id AND gone_at IS NULL;

-- vm_life_list(team_id int) rows
-- Those of a team whose life may end, by id.
SELECT id, state, state_at, life, life_minutes, clock_at, measured_at, warned_at
FROM vm INDEXED BY vm_lives
WHERE team_id = :team_id AND gone_at IS NULL AND life <> 'persistent' ORDER BY id;

-- vm_life_all() rows across teams
-- The same of all teams in which VMs may end: what a closed or suspended team, or a restricted or suspended person, has stays as it is.
SELECT v.id FROM vm v INDEXED BY vm_lives JOIN team t ON t.id = v.team_id
LEFT JOIN person p ON p.id = t.personal_of
WHERE v.gone_at IS NULL AND v.life <> 'persistent' AND v.state <> 'destroying'
  AND t.closed_at IS NULL AND p.restricted_at IS NULL
  AND t.suspended_at IS NULL AND p.suspended_at IS NULL /* scan ok */;

-- vm_life_people(id text) rows across teams
-- Who is told of the end of a VM: who created it, or else the owners of its team.
SELECT p.id, p.email FROM vm v JOIN membership m ON m.team_id = v.team_id JOIN person p ON p.id = m.person_id
WHERE v.id = :id AND (m.person_id = v.person_id OR (m.role = 'owner' AND NOT EXISTS (
    SELECT 1 FROM membership c WHERE c.team_id = v.team_id AND c.person_id = v.person_id)));

-- vm_set_labels(team_id int, id text, project text?, tags text?, note text?) one
UPDATE vm SET project = :project, tags = :tags, note = :note
WHERE team_id = :team_id AND id = :id AND gone_at IS NULL;

-- vm_label_list(team_id int) rows
-- Those of a team's VMs that have a project or tags, by id.
SELECT id, project, tags FROM vm INDEXED BY vm_labels
WHERE team_id = :team_id AND gone_at IS NULL AND (project IS NOT NULL OR tags IS NOT NULL) ORDER BY id;

-- vm_projects(team_id int) rows (place int)
-- The VMs with a project, also destroyed ones, by id; `place`: that of the project among them all, from 1.
SELECT id, project, dense_rank() OVER (ORDER BY project) AS place FROM vm INDEXED BY vm_projects
WHERE team_id = :team_id AND project IS NOT NULL ORDER BY id /* sort ok */;

-- vm_set_schedule(team_id int, id text, zone text?, run_days int, start_minute int?, stop_minute int?, snapshot_minute int?, snapshot_keep int?, now_at int) one
-- What was due before does not count.
UPDATE vm SET zone = :zone, run_days = :run_days, start_minute = :start_minute, stop_minute = :stop_minute,
              snapshot_minute = :snapshot_minute, snapshot_keep = :snapshot_keep,
              run_done_at = :now_at, snapshot_done_at = :now_at
WHERE team_id = :team_id AND id = :id AND gone_at IS NULL;

-- vm_set_run_done(id text, now_at int) one across teams
UPDATE vm SET run_done_at = :now_at WHERE id = :id;

-- vm_set_snapshot_done(id text, now_at int) one across teams
UPDATE vm SET snapshot_done_at = :now_at WHERE id = :id;

-- vm_schedule_get(id text) row (has_start int, has_stop int, has_snapshot int) across teams
SELECT team_id, id, state, zone, run_days, start_minute, start_minute IS NOT NULL AS has_start,
       stop_minute, stop_minute IS NOT NULL AS has_stop, snapshot_minute, snapshot_minute IS NOT NULL AS has_snapshot,
       snapshot_keep, run_done_at, snapshot_done_at
FROM vm WHERE id = :id AND gone_at IS NULL AND zone IS NOT NULL;

-- vm_schedule_all() rows across teams
-- Those that have a schedule, but of a closed or suspended team, or a restricted or suspended person.
SELECT v.id FROM vm v INDEXED BY vm_schedules JOIN team t ON t.id = v.team_id
LEFT JOIN person p ON p.id = t.personal_of
WHERE v.gone_at IS NULL AND v.zone IS NOT NULL AND t.closed_at IS NULL AND p.restricted_at IS NULL
  AND t.suspended_at IS NULL AND p.suspended_at IS NULL /* scan ok */;
