-- Tables and columns under their standard names.

ALTER TABLE vm_event RENAME TO activity;
ALTER TABLE leftover RENAME TO orphan;
ALTER TABLE billing_event RENAME TO billing_activity;
ALTER TABLE billing_errand RENAME TO billing_request;
ALTER TABLE meter_push RENAME TO usage_report;
ALTER TABLE vm RENAME COLUMN silent_at TO unresponsive_at;
ALTER TABLE billing RENAME COLUMN status TO stripe_status;
ALTER TABLE billing RENAME COLUMN plan TO status;
ALTER TABLE billing RENAME COLUMN plan_at TO status_at;
