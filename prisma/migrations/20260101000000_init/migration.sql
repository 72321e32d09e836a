-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "operations" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'accepted',
    "resource_type" TEXT NOT NULL,
    "resource_id" UUID NOT NULL,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "epoch" BIGINT NOT NULL DEFAULT 0,
    "run_id" TEXT,
    "input" JSONB NOT NULL,
    "quota" JSONB NOT NULL DEFAULT '[]',
    "result" JSONB,
    "step" TEXT,
    "bytes_done" BIGINT,
    "bytes_total" BIGINT,
    "reason" TEXT,
    "workflow_started_at" TIMESTAMP(3),
    "checked_at" TIMESTAMP(3),
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMP(3),

    CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "operation_resources" (
    "operation_id" UUID NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" UUID NOT NULL,
    "role" TEXT NOT NULL,
    "previous_status" TEXT,
    "held" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "operation_resources_pkey" PRIMARY KEY ("operation_id","resource_type","resource_id")
);

-- CreateTable
CREATE TABLE "operation_events" (
    "id" BIGSERIAL NOT NULL,
    "operation_id" UUID NOT NULL,
    "epoch" BIGINT NOT NULL,
    "event" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "detail" TEXT,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operation_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volumes" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "size_gib" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "previous_status" TEXT,
    "attach_status" TEXT NOT NULL DEFAULT 'detached',
    "migration_status" TEXT,
    "availability_zone" TEXT NOT NULL,
    "host" TEXT,
    "volume_type_id" UUID,
    "snapshot_id" UUID,
    "source_volume_id" UUID,
    "bootable" BOOLEAN NOT NULL DEFAULT false,
    "multiattach" BOOLEAN NOT NULL DEFAULT false,
    "consumes_quota" BOOLEAN NOT NULL DEFAULT true,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "admin_metadata" JSONB NOT NULL DEFAULT '{}',
    "image_metadata" JSONB,
    "scheduler_hints" JSONB,
    "target_secret" TEXT,
    "operation_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "launched_at" TIMESTAMP(3),
    "terminated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "volumes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "snapshots" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "size_gib" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "progress" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "volume_type_id" UUID,
    "consumes_quota" BOOLEAN NOT NULL DEFAULT true,
    "uses_gigabytes" BOOLEAN NOT NULL DEFAULT true,
    "operation_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "snapshots_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attachments" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "instance_id" TEXT,
    "attached_host" TEXT,
    "mountpoint" TEXT,
    "attach_mode" TEXT,
    "attach_status" TEXT NOT NULL,
    "connector" JSONB,
    "connection_info" JSONB,
    "operation_id" UUID,
    "attached_at" TIMESTAMP(3),
    "detached_at" TIMESTAMP(3),
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "attachments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "backups" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "snapshot_id" UUID,
    "parent_id" UUID,
    "name" TEXT,
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "size_gib" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "fail_reason" TEXT,
    "container" TEXT,
    "service" TEXT,
    "host" TEXT,
    "availability_zone" TEXT,
    "object_count" INTEGER NOT NULL DEFAULT 0,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "encryption_key_id" TEXT,
    "volume_type_id" UUID,
    "restore_volume_id" UUID,
    "data_timestamp" TIMESTAMP(3),
    "operation_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "backups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume_types" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "is_public" BOOLEAN NOT NULL DEFAULT true,
    "extra_specs" JSONB NOT NULL DEFAULT '{}',
    "qos_specs_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "volume_types_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume_type_access" (
    "volume_type_id" UUID NOT NULL,
    "project_id" TEXT NOT NULL,

    CONSTRAINT "volume_type_access_pkey" PRIMARY KEY ("volume_type_id","project_id")
);

-- CreateTable
CREATE TABLE "services" (
    "id" UUID NOT NULL,
    "binary" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "availability_zone" TEXT NOT NULL,
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "disabled_reason" TEXT,
    "frozen" BOOLEAN NOT NULL DEFAULT false,
    "reported_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pools" (
    "id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "total_gib" DOUBLE PRECISION NOT NULL,
    "free_gib" DOUBLE PRECISION NOT NULL,
    "allocated_gib" INTEGER NOT NULL DEFAULT 0,
    "allocated_volumes" INTEGER NOT NULL DEFAULT 0,
    "reserved_percentage" INTEGER NOT NULL DEFAULT 0,
    "max_over_subscription_ratio" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "thin_provisioning" BOOLEAN NOT NULL DEFAULT false,
    "capabilities" JSONB NOT NULL DEFAULT '{}',
    "reported_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pools_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pool_allocations" (
    "resource_id" UUID NOT NULL,
    "pool_id" TEXT NOT NULL,
    "size_gib" INTEGER NOT NULL,

    CONSTRAINT "pool_allocations_pkey" PRIMARY KEY ("resource_id")
);

-- CreateTable
CREATE TABLE "quota_limits" (
    "project_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "hard_limit" INTEGER NOT NULL,

    CONSTRAINT "quota_limits_pkey" PRIMARY KEY ("project_id","resource")
);

-- CreateTable
CREATE TABLE "quota_usages" (
    "project_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "in_use" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "quota_usages_pkey" PRIMARY KEY ("project_id","resource")
);

-- CreateTable
CREATE TABLE "servers" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "vcpus" INTEGER NOT NULL DEFAULT 1,
    "memory_mib" INTEGER NOT NULL DEFAULT 0,
    "reported_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "servers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "project_id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "resource_type" TEXT NOT NULL,
    "resource_id" UUID,
    "event_id" TEXT NOT NULL,
    "action_id" TEXT NOT NULL,
    "detail_id" TEXT NOT NULL,
    "message_level" TEXT NOT NULL DEFAULT 'ERROR',
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMP(3) NOT NULL,
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "project_id" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_sha256" TEXT NOT NULL,
    "status_code" INTEGER,
    "headers" JSONB,
    "body" JSONB,
    "seed" UUID NOT NULL DEFAULT gen_random_uuid(),
    "claimed_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("project_id","method","path","key")
);

-- CreateIndex
CREATE INDEX "operations_resource_id_idx" ON "operations"("resource_id");

-- CreateIndex
CREATE INDEX "operations_project_id_created_at_idx" ON "operations"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "operations_state_created_at_idx" ON "operations"("state", "created_at");

-- CreateIndex
CREATE INDEX "operation_resources_resource_id_idx" ON "operation_resources"("resource_id");

-- CreateIndex
CREATE INDEX "operation_events_operation_id_id_idx" ON "operation_events"("operation_id", "id");

-- CreateIndex
CREATE INDEX "volumes_project_id_created_at_id_idx" ON "volumes"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "volumes_created_at_id_idx" ON "volumes"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "volumes_host_idx" ON "volumes"("host");

-- CreateIndex
CREATE INDEX "volumes_volume_type_id_idx" ON "volumes"("volume_type_id");

-- CreateIndex
CREATE INDEX "snapshots_project_id_created_at_id_idx" ON "snapshots"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "snapshots_volume_id_idx" ON "snapshots"("volume_id");

-- CreateIndex
CREATE INDEX "attachments_volume_id_idx" ON "attachments"("volume_id");

-- CreateIndex
CREATE INDEX "attachments_instance_id_idx" ON "attachments"("instance_id");

-- CreateIndex
CREATE INDEX "backups_project_id_created_at_id_idx" ON "backups"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "backups_volume_id_idx" ON "backups"("volume_id");

-- CreateIndex
CREATE INDEX "backups_parent_id_idx" ON "backups"("parent_id");

-- CreateIndex
CREATE UNIQUE INDEX "services_binary_host_key" ON "services"("binary", "host");

-- CreateIndex
CREATE INDEX "pools_host_idx" ON "pools"("host");

-- CreateIndex
CREATE INDEX "pool_allocations_pool_id_idx" ON "pool_allocations"("pool_id");

-- CreateIndex
CREATE INDEX "servers_host_idx" ON "servers"("host");

-- CreateIndex
CREATE INDEX "messages_project_id_created_at_idx" ON "messages"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "messages_resource_id_idx" ON "messages"("resource_id");

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- Written by hand: what a Prisma schema cannot say. (No semicolons in comments: the engine splits there.)

-- One sequence for all claims, so that a later claim on any resource is always the higher number.
CREATE SEQUENCE operation_epoch_seq AS bigint START WITH 1;

-- Lists show live rows only, newest first, and deleted rows stay for as long as the database does.
CREATE INDEX volumes_live_by_project ON volumes (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX volumes_live ON volumes (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX snapshots_live_by_project ON snapshots (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX snapshots_live_by_volume ON snapshots (volume_id) WHERE deleted_at IS NULL;
CREATE INDEX backups_live_by_project ON backups (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX backups_live_by_parent ON backups (parent_id) WHERE deleted_at IS NULL;
CREATE INDEX attachments_live_by_volume ON attachments (volume_id) WHERE deleted_at IS NULL;

-- The sweeper looks only at what has not finished, oldest first, however many operations there have been.
CREATE INDEX operations_unfinished ON operations (created_at) WHERE finished_at IS NULL;
-- Whoever deletes a resource asks who still holds it.
CREATE INDEX operation_resources_held ON operation_resources (resource_id) WHERE held;

-- A type's name is free again once the type is deleted.
CREATE UNIQUE INDEX volume_types_live_name ON volume_types (name) WHERE deleted_at IS NULL;
