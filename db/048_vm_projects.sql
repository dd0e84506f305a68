-- For the costs of a month by project, destroyed VMs included.
CREATE INDEX vm_projects ON vm(team_id, id, project) WHERE project IS NOT NULL;
