-- Images that "make run" builds: the form of a new VM says when one will be ready.
ALTER TABLE image ADD COLUMN ready_at INTEGER; -- when it will be built, at about; NULL: it is not being built | none | forever | withhold | keep
