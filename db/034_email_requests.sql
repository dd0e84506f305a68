-- Requests to change an address are counted for a day, whatever became of the change and of its mails; and the row of
-- a mail to an address that is nobody's here is deleted once the mail was sent.
CREATE TABLE email_request (
    id INTEGER PRIMARY KEY,        -- counts them | contract | 1 days | withhold | delete
    person_id INTEGER NOT NULL     -- who wanted another address | contract | 1 days | withhold | delete
        REFERENCES person(id) ON DELETE CASCADE,
    new_email TEXT NOT NULL,       -- the address that was typed, for the limit of requests and for the search after a deletion | contract | 1 days | export | delete
    requested_at INTEGER NOT NULL  -- when | contract | 1 days | export | delete
) STRICT;
CREATE INDEX email_request_by_person ON email_request(person_id, requested_at);
CREATE INDEX email_request_by_address ON email_request(new_email, requested_at);
CREATE INDEX email_request_by_time ON email_request(requested_at);
INSERT INTO email_request (person_id, new_email, requested_at)
SELECT person_id, new_email, requested_at FROM email_change;

ALTER TABLE mail ADD COLUMN is_transient INTEGER NOT NULL DEFAULT 0; -- whether this row is deleted once it was sent or has failed | contract | 30 days | withhold | delete
DELETE FROM mail WHERE kind IN ('email_confirm', 'email_taken') AND state <> 'queued';
UPDATE mail SET is_transient = 1 WHERE kind IN ('email_confirm', 'email_taken', 'email_former');
CREATE INDEX mail_by_change ON mail(change_id) WHERE change_id IS NOT NULL;

-- Requests of people who were erased before there was an answer have ended with that.
UPDATE rights_request SET ended_at = unixepoch() WHERE email IS NULL AND ended_at IS NULL;
