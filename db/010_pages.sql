-- How the pages look.

ALTER TABLE person ADD COLUMN theme TEXT -- colours of the pages; NULL: as the system | contract | account | export | delete
    CHECK (theme IN ('light', 'dark'));
