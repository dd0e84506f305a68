-- What the host says after a step that deletes: that what was deleted is not there any more.
ALTER TABLE job_step ADD COLUMN answer TEXT; -- what the host answered when it was asked afterwards; NULL: it is not asked | contract | vm | export | delete
