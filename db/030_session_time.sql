-- A sign-in at WorkOS takes over a session there: what is sensitive needs the time at which the person proved who they are.
ALTER TABLE session ADD COLUMN authenticated_at INTEGER; -- when the person proved who they are; NULL: when the browser signed in | contract | session | export | delete
