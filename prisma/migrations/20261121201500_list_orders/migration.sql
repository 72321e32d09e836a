-- Written by hand: a Prisma schema knows no partial indexes. All are of live rows, as the lists are.

-- Every project's, newest first. Volumes have theirs already.
CREATE INDEX snapshots_live ON snapshots (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX backups_live ON backups (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX attachments_live ON attachments (created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- By name: the order, read either way, and the search that every client makes of a name.
CREATE INDEX volumes_live_by_name ON volumes (name NULLS FIRST, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX snapshots_live_by_name ON snapshots (name NULLS FIRST, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX backups_live_by_name ON backups (name NULLS FIRST, created_at, id) WHERE deleted_at IS NULL;

-- Of one status, newest first: what is in error, what is still being made.
CREATE INDEX volumes_live_by_status ON volumes (status, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX snapshots_live_by_status ON snapshots (status, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX backups_live_by_status ON backups (status, created_at DESC, id DESC) WHERE deleted_at IS NULL;
