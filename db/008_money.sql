-- What the owners of a team are told about a problem with their subscription.

ALTER TABLE billing_problem ADD COLUMN owner_what TEXT; -- the same, in words for the team's owners; NULL: none of their business | contract | 90 days | export | delete
