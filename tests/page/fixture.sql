-- People, keys and VMs for the page tests; see lib.sh. All times are the first of January 2026, so that
-- pages show the same words on every day.
PRAGMA foreign_keys = ON;
INSERT INTO person (id, identity, email, name, created_at) VALUES
    (1, 'local:operator@localhost', 'operator@localhost', 'Alice', 1767225600),
    (2, 'local:bob@example.org', 'bob@example.org', 'Bob', 1767225600),
    (3, 'local:carol@example.org', 'carol@example.org', 'Carol <script>alert(1)</script>', 1767225600),
    (4, 'local:dave@example.org', 'dave@example.org', 'Dave', 1767225600);
INSERT INTO team (id, name, personal_of, workos_organization_id, created_at) VALUES
    (1, 'alice', 1, NULL, 1767225600), (2, 'bob', 2, NULL, 1767225600), (3, 'dave', NULL, NULL, 1767225600);
INSERT INTO membership (team_id, person_id, role, created_at) VALUES
    (1, 1, 'owner', 1767225600), (2, 2, 'owner', 1767225600), (1, 3, 'member', 1767225600);
-- Cookies AAAA..., BBBB..., CCCC..., DDDD..., and LLLL... on its way through sign-in.
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at,
                     seen_at, idle_at, expires_at) VALUES
    (x'0f007385b6f9d4b7eeb2748605afe1a984a0a3bfa3f014d09e2a784ce9e5cd1a', 'alicealicealice2', 1, 1, x'0000000000000000000000000000000000000000000000000000000000000000', 'Firefox on Linux', 1767225600, 9999999999, 9999999999, 9999999999),
    (x'022639a65546e756623e90f67a4a5f4adf38d8d478b14e9123c64097bd86b9e4', 'alicealicealice3', 1, 1, x'0000000000000000000000000000000000000000000000000000000000000000', 'Safari on iPhone', 1767225600, 9999999999, 9999999999, 9999999999),
    (x'412dc46cc9e3cb26f29f7c1415c556349af62904c5d15b0a2d8cfdc5cfa22b34', 'bobbobbobbobbob2', 2, 2, x'0000000000000000000000000000000000000000000000000000000000000000', 'Chrome on Windows', 1767225600, 9999999999, 9999999999, 9999999999),
    (x'942014af03195c97fc8a6121a03e1660b89027a538325a101eba426dacd7e587', 'carolcarolcarol2', 3, 1, x'0000000000000000000000000000000000000000000000000000000000000000', 'Edge on Windows', 1767225600, 9999999999, 9999999999, 9999999999),
    (x'391ab01bf8d16cd248fe06202b6e6dfc149cb16c96d6163b34ec399297ab765b', 'davedavedavedav2', 4, 3, x'0000000000000000000000000000000000000000000000000000000000000000', 'Chrome on Linux', 1767225600, 9999999999, 9999999999, 9999999999),
    (x'b59504219b78de9b9b62c7998c0d818f5e45201c75d5d1bbf8924e575b7f3708', 'linklinklinklin2', NULL, NULL, x'0000000000000000000000000000000000000000000000000000000000000000', 'Firefox on Linux', 1767225600, 9999999999, 9999999999, 9999999999);
-- The last sign-in has ended: its cookie is EEEE....
INSERT INTO session (id_hash, handle, person_id, current_team_id, csrf_secret, browser, created_at,
                     seen_at, idle_at, expires_at) VALUES
    (x'59ae66da6ed3bbc4459e26cbdb0cfff96cfb74742b386dae8bdd429dfe7b1f9c', 'endedendedended2', 1, 1, x'0000000000000000000000000000000000000000000000000000000000000000', 'Firefox on Linux', 1767225600, 1767225600, 1767225700, 1767225700);
-- The admin's pages ask for a sign-in of today, what is sensitive for one of the last minutes.
UPDATE session SET authenticated_at = unixepoch() - 3600 WHERE person_id = 1;
UPDATE person SET signed_in_at = 1767225600;
INSERT INTO ssh_key (team_id, created_at, id, person_id, name, type, fingerprint, comment, public_line) VALUES
    (1, 1767225600, 'keykeykeykeykey2', 1, 'laptop', 'Ed25519', 'SHA256:fOlfTLy0dBWwL3gVODxldWmBICsaaeOrUsyLNy2Caqg',
     'alice@laptop', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGTS/6E+nCelewpRxzJo/ri9QWqHnjsGlx8E5f9aErVx alice@laptop'),
    (1, 1767225600, 'keykeykeykeykey3', 1, '"><img src=x onerror=alert(1)>', 'RSA 3072',
     'SHA256:2VJsK7NxLU4X3+HVdx7UNz8W9n1FPPFGHagNmisnxFE', '', 'ssh-rsa AAAA'),
    (2, 1767225600, 'keykeykeykeykey4', 2, 'bob', 'Ed25519', 'SHA256:bob', '', 'ssh-ed25519 BBBB');
INSERT INTO image_version VALUES ('0011', 'tiny', '', 1767225600);
INSERT INTO image (name, version, source, problem, checked_at) VALUES ('tiny', '0011', '', NULL, 1767225600),
    ('debian', NULL, '', '/srv/images/debian is not a complete image: it needs kernel, initrd and cmdline, or a bootable disk.qcow2 alone', 1767225600);
INSERT INTO vm (team_id, created_at, id, person_id, name, region, image, size, vcpus, memory_mb, disk_gb,
                wanted, wanted_at, state, state_at, observed, observed_at, unresponsive_at,
                ssh_port, host_key_public, host_key_fingerprint, last_error, gone_at) VALUES
    (1, 1767225600, 'runningrunningru', 1, 'quiet-maple', 'local', 'tiny', 'nano', 1, 128, 1, 'running',
     1767225600, 'running', 1767225600, 'running', 1767225600, NULL, 22001, 'ssh-ed25519 AAAAhost', 'SHA256:host', NULL, NULL),
    (1, 1767225601, 'stoppedstoppedst', 1, 'old-desktop', 'local', 'tiny', 'small', 1, 1024, 10, 'stopped',
     1767225600, 'stopped', 1767225600, 'stopped', 1767225600, NULL, 22002, 'ssh-ed25519 AAAAhost', 'SHA256:host', NULL, NULL),
    (1, 1767225602, 'failedfailedfail', 1, 'a23456789012345678901234567890123456789012345678901234567890123', 'local',
     'tiny', 'nano', 1, 128, 1, 'running', 1767225600, 'failed', 1767225600, 'absent', 1767225600, NULL,
     NULL, NULL, NULL, 'Boot: <b>internal error</b>: process exited while connecting to monitor', NULL),
    (1, 1767225603, 'destroydestroyde', 1, 'ci-runner-7', 'local', 'tiny', 'nano', 1, 128, 1, 'gone',
     1767225600, 'destroying', 1767225600, 'stopped', 1767225600, NULL, NULL, NULL, NULL, 'disk: Device or resource busy', NULL),
    (1, 1767225604, 'gonegonegonegone', 1, 'gone-vm', 'local', 'tiny', 'nano', 1, 128, 1, 'gone',
     1767225600, 'gone', 1767225600, 'absent', 1767225600, NULL, NULL, NULL, NULL, NULL, 1767225600),
    (2, 1767225600, 'bobsvmbobsvmbobs', 2, 'bobs-vm', 'local', 'tiny', 'nano', 1, 128, 1, 'running',
     1767225600, 'running', 1767225600, 'running', 1767225600, 1767225600, 22003, 'ssh-ed25519 AAAAbob', 'SHA256:bob', NULL, NULL);
UPDATE vm SET up_at = 1767225604 WHERE state = 'running';
INSERT INTO vm_key (team_id, vm_id, fingerprint, name, public_line) SELECT 1, 'runningrunningru', fingerprint, name, public_line FROM ssh_key WHERE team_id = 1;
INSERT INTO snapshot (team_id, vm_id, created_at, id, name, state, has_memory, size_bytes, vcpus, memory_mb, disk_gb) VALUES
    (1, 'runningrunningru', 1767225600, 'snapshotsnapsho2', 'before upgrade', 'ready', 1, 22020096, 1, 128, 1),
    (1, 'runningrunningru', 1767225500, 'snapshotsnapsho4', 'no room', 'failed', 0, 0, 1, 128, 1),
    (1, 'stoppedstoppedst', 1767225600, 'snapshotsnapsho3', 'clean', 'ready', 0, 0, 1, 1024, 10);
INSERT INTO job VALUES
    (1, 'job1job1job1job1', 1, 'vm', 'runningrunningru', 'runningrunningru', 'create', 'done', 1, NULL, 1767225600000, 1767225600000, 1, 1767225604100, NULL),
    (2, 'job2job2job2job2', 1, 'vm', 'stoppedstoppedst', 'stoppedstoppedst', 'stop', 'done', 1, NULL, 1767225600000, 1767225600000, 1, 1767225601400, NULL),
    (3, 'job3job3job3job3', 1, 'vm', 'failedfailedfail', 'failedfailedfail', 'create', 'failed', 1, NULL, 1767225600000, 1767225600000, 3, 1767225609000, 'Boot: internal error'),
    (4, 'job4job4job4job4', 1, 'vm', 'destroydestroyde', 'destroydestroyde', 'destroy', 'queued', 1, NULL, 1767225600000, 9999999999000, 5, NULL, 'disk: Device or resource busy'),
    (5, 'job5job5job5job5', 1, 'vm', 'gonegonegonegone', 'gonegonegonegone', 'destroy', 'done', 1, NULL, 1767225600000, 1767225600000, 1, 1767225600700, NULL),
    (6, 'job6job6job6job6', 2, 'vm', 'bobsvmbobsvmbobs', 'bobsvmbobsvmbobs', 'create', 'done', 2, NULL, 1767225600000, 1767225600000, 1, 1767225604100, NULL);
INSERT INTO job_step (team_id, job_number, position, name, started_at_ms, ended_at_ms) VALUES
    (1, 1, 0, 'Disk', 1767225600000, 1767225600020), (1, 1, 1, 'Boot', 1767225600020, 1767225600320),
    (1, 1, 2, 'SSH ready', 1767225600320, 1767225604100), (1, 3, 0, 'Disk', 1767225600000, 1767225600020),
    (1, 3, 1, 'Boot', 1767225600020, NULL), (1, 3, 2, 'SSH ready', NULL, NULL);
INSERT INTO activity (team_id, at_ms, id, vm_id, what, detail, person_id, job_number, took_ms, action, actor, result) SELECT column1, column2, column3, column4, column5, column6, column7, column8, column9,
       'create', CASE WHEN column7 IS NULL THEN 'system' ELSE 'person' END, CASE WHEN column9 IS NULL THEN 'failed' ELSE 'done' END FROM (VALUES (1, 1767225600000, 'a', 'runningrunningru', 'Created', NULL, 1, 1, 4100),
    (1, 1767225600000, 'b', 'stoppedstoppedst', 'Stopped', NULL, 1, 2, 1400),
    (1, 1767225609000, 'c', 'failedfailedfail', 'Creation failed', 'Boot: <i>internal error</i>', NULL, 3, NULL),
    (2, 1767225600000, 'd', 'bobsvmbobsvmbobs', 'Created', 'secret of bob', 2, 6, 4100));
INSERT INTO receipt VALUES
    (1, 1767225600, 'gonegonegonegone', 'gone-vm', 'local', 'tiny', 'nano', 1, 128, 1, 1767225604, 700, 1, 0, NULL);
INSERT INTO receipt_part VALUES
    (1, 'gonegonegonegone', 0, 'domain', 'Domain not found: no domain with matching name ''domicile-gonegonegonegone''', 1767225600),
    (1, 'gonegonegonegone', 1, 'disk', 'Storage volume not found', 1767225600);
INSERT INTO region_status VALUES ('local', 'tcg', 1767225600, NULL, 8, 16384, 400, 250, 1);
INSERT INTO orphan VALUES ('local', 'domain', 'domicile-strangestrange22', 1767225600);
INSERT INTO event VALUES
    ('stripe', 'evt_applied', 'invoice.paid', 1767225600, 'applied', 1, 0, 1767225601, NULL),
    ('workos', 'event_parked', 'user.updated', 1767225600, 'parked', 16, 0, NULL, 'WorkOS: the event has no "data.email" <script>');
INSERT INTO mail (id, kind, to_email, once, state, attempts, due_at, created_at, sent_at, reason) VALUES
    ('mailmailmailmai2', 'suspended', 'gone@example.org', 'a', 'failed', 1, 1767225600, 1767225600, NULL,
     'smtp://localhost:587: returned 550: 5.1.1 <b>No such user</b>'),
    ('mailmailmailmai3', 'new_signin', 'slow@example.org', 'b', 'queued', 3, 1767225840, 1767225600, NULL,
     'smtp://localhost:587: Couldn''t connect to server'),
    ('mailmailmailmai4', 'new_signin', 'sent@example.org', 'c', 'sent', 1, 1767225600, 1767225600, 1767225600, NULL),
    ('mailmailmailmai5', 'new_signin', 'fresh@example.org', 'd', 'queued', 0, 1767225600, 1767225600, NULL, NULL);
-- January 2026 in the ledger; one VM is forgotten but for its bill.
INSERT INTO ledger VALUES
    (1, 1767225600, 'runningrunningru', 1767225600, 1767225640, 0, 'quiet-maple', 'absent', 'nano', 1, 0),
    (1, 1767225600, 'runningrunningru', 1767225640, 1768100000, 0, 'quiet-maple', 'running', 'nano', 1, 0),
    (1, 1767225600, 'runningrunningru', 1768100000, 1768200000, 0, 'quiet-maple', 'unreachable', 'nano', 1, 0),
    (1, 1767225600, 'runningrunningru', 1768200000, 1769904000, 0, 'quiet-maple', 'running', 'nano', 1, 1),
    (1, 1767225600, 'stoppedstoppedst', 1767225601, 1767225700, 0, 'old-desktop', 'absent', 'small', 10, 0),
    (1, 1767225600, 'stoppedstoppedst', 1767225700, 1768521600, 0, 'old-desktop', 'running', 'small', 10, 0),
    (1, 1767225600, 'stoppedstoppedst', 1768521600, 1769904000, 0, 'old-desktop', 'stopped', 'small', 10, 10),
    (1, 1767225600, 'forgottenforgott', 1767300000, 1767303600, 0, '=1+1,"<b>forgotten</b>', 'running', 'medium', 20, 0),
    (2, 1767225600, 'bobsvmbobsvmbobs', 1767225600, 1769904000, 0, 'bobs-vm', 'running', 'medium', 20, 0);
INSERT INTO ledger_sum SELECT * FROM ledger_sum_reckoned;
INSERT INTO ledger_day SELECT * FROM ledger_day_reckoned;

UPDATE vm SET internet_pending = 0;
