-- Guest agents of VMs; see cgi/worker/guest_agent.h.

-- vm_agent_set(team_id int, id text, has_agent int) one
-- In effect at the next start.
UPDATE vm SET has_agent = :has_agent WHERE team_id = :team_id AND id = :id AND gone_at IS NULL;

-- vm_agent_started(id text, has_agent int) one across teams
UPDATE vm SET agent_started = :has_agent WHERE id = :id;

-- vm_agent_off(region text) rows across teams
-- Those that run without an agent, as their owners want it.
SELECT id FROM vm WHERE region = :region AND gone_at IS NULL AND observed = 'running' AND has_agent = 0
  AND agent_started = 0;

-- vm_agent_pending() rows across teams
-- Those that run with an agent and lack a change that it has not failed at.
SELECT id, setup_wanted FROM vm INDEXED BY vm_agents
WHERE agent_started = 1 AND gone_at IS NULL AND state = 'running'
  AND setup_wanted > max(setup_taken, agent_failed)
  AND EXISTS (SELECT 1 FROM vm_key k WHERE k.vm_id = vm.id AND k.change > vm.setup_taken)
  AND NOT EXISTS (SELECT 1 FROM job j WHERE j.vm_id = vm.id AND j.state IN ('queued', 'running')) /* scan ok */;

-- vm_agent_seeded(id text, number int) done across teams
-- From now on its guest may have the changes up to this one. Changes nothing if a job has begun since.
UPDATE vm SET setup_seeded = :number
WHERE id = :id AND state = 'running' AND agent_started = 1 AND setup_wanted = :number
  AND NOT EXISTS (SELECT 1 FROM job j WHERE j.vm_id = :id AND j.state IN ('queued', 'running'));

-- vm_agent_taken(id text, number int) done across teams
-- Its agent has shown that it took all changes of keys up to this one, which was written before. A change of its name is
-- a later one then. Changes nothing if a job has begun since.
UPDATE vm SET setup_taken = :number, setup_seeded = :number,
              setup_wanted = setup_wanted + (setup_name > setup_taken),
              setup_name = iif(setup_name > setup_taken, setup_wanted + 1, setup_name)
WHERE id = :id AND setup_seeded = :number AND state = 'running' AND agent_started = 1
  AND NOT EXISTS (SELECT 1 FROM job j WHERE j.vm_id = :id AND j.state IN ('queued', 'running'));

-- vm_agent_fail(id text, number int) done across teams
UPDATE vm SET agent_failed = max(agent_failed, :number) WHERE id = :id;
