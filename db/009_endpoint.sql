-- Where a guest's SSH server is reachable, as its driver reported it: guests that share the region's
-- address have a port each, guests with an address of their own may have the same port.

ALTER TABLE vm ADD COLUMN ssh_host TEXT; -- host name or address of its SSH; NULL: the region's ssh_host | contract | vm | export | delete
DROP INDEX vm_by_port;
CREATE UNIQUE INDEX vm_by_endpoint ON vm(region, ifnull(ssh_host, ''), ssh_port)
    WHERE gone_at IS NULL AND ssh_port IS NOT NULL;
