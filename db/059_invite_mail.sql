-- What became of an invite's email, for who sent it: its row in the queue is deleted with the address.
ALTER TABLE invite ADD COLUMN mail_problem TEXT; -- why its email could not be delivered; NULL: it was, or waits | contract | 7 days | export | delete
