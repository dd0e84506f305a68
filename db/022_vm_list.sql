-- All that the list of VMs shows comes from one index, in one pass. Looking each row of a page up
-- took as many instructions as the rest of the page's statements together. What can be long is last:
-- it may be on pages of its own, which sums do not read. How a VM is doing is as before, with the
-- most frequent answer first.
DROP VIEW vm_entry;
DROP INDEX vm_entries;
CREATE INDEX vm_entries ON vm(team_id, gone_at, created_at DESC, id, name, state, unresponsive_at,
    vcpus, memory_mb, disk_gb, region, image, size, state_at, up_at, observed, observed_at, ssh_host,
    ssh_port, cpu_percent, cpu_line, last_error) WHERE gone_at IS NULL;
CREATE VIEW vm_entry AS -- existing VMs; standing: how one is doing, in four words
SELECT team_id, created_at, id, name, state, unresponsive_at, vcpus, memory_mb, disk_gb, region,
       image, size, state_at, up_at, observed, observed_at, ssh_host, ssh_port, cpu_percent,
       cpu_line, last_error,
       CASE WHEN unresponsive_at IS NULL AND state IN ('running', 'stopped') THEN state
            WHEN unresponsive_at IS NOT NULL OR state IN ('failed', 'paused')
                OR (state = 'destroying' AND last_error IS NOT NULL) THEN 'attention'
            ELSE 'busy' END AS standing
FROM vm INDEXED BY vm_entries WHERE gone_at IS NULL;
