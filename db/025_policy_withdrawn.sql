-- An announced change of the policies can be withdrawn before its day ("domicile-admin policy withdraw").
ALTER TABLE policy_version ADD COLUMN withdrawn_at INTEGER; -- when it was withdrawn, before it was in force | none | forever | withhold | keep
