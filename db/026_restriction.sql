-- A person can have the use of their data restricted (GDPR Art. 18; cgi/model/restriction.h), and object to usage charts.
ALTER TABLE person ADD COLUMN restricted_at INTEGER; -- since when the use of the person's data is restricted | legal | account | export | delete
ALTER TABLE team ADD COLUMN is_unmeasured INTEGER NOT NULL DEFAULT 0; -- whether an owner objected to usage charts | legal | account | export | delete
