-- What takes much of the host, for its operator.
ALTER TABLE vm ADD COLUMN cpu_full_at INTEGER; -- since when it uses all its CPUs, once it has for an hour; NULL: it does not | interest | vm | export | delete
ALTER TABLE vm ADD COLUMN limited_at INTEGER; -- when it last began more connections than VMs may, in the last hour; NULL: it did not | interest | vm | export | delete
CREATE INDEX vm_cpu_full ON vm(cpu_full_at, id) WHERE cpu_full_at IS NOT NULL;
CREATE INDEX vm_limited ON vm(limited_at, id) WHERE limited_at IS NOT NULL;
