-- AlterTable
ALTER TABLE "services" ADD COLUMN     "log_level" TEXT;

-- CreateTable
CREATE TABLE "volume_type_encryptions" (
    "id" UUID NOT NULL,
    "volume_type_id" UUID NOT NULL,
    "provider" TEXT NOT NULL,
    "control_location" TEXT NOT NULL,
    "cipher" TEXT,
    "key_size_bits" INTEGER,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),

    CONSTRAINT "volume_type_encryptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "default_volume_types" (
    "project_id" TEXT NOT NULL,
    "volume_type_id" UUID NOT NULL,

    CONSTRAINT "default_volume_types_pkey" PRIMARY KEY ("project_id")
);

-- CreateTable
CREATE TABLE "qos_specs" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "consumer" TEXT NOT NULL DEFAULT 'back-end',
    "specs" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "qos_specs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "group_types" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "is_public" BOOLEAN NOT NULL DEFAULT true,
    "group_specs" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "group_types_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "volume_transfers" (
    "id" UUID NOT NULL,
    "volume_id" UUID NOT NULL,
    "name" TEXT,
    "salt" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "no_snapshots" BOOLEAN NOT NULL DEFAULT false,
    "source_project_id" TEXT NOT NULL,
    "destination_project_id" TEXT,
    "accepted" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "volume_transfers_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "volume_type_encryptions_volume_type_id_key" ON "volume_type_encryptions"("volume_type_id");

-- CreateIndex
CREATE INDEX "default_volume_types_volume_type_id_idx" ON "default_volume_types"("volume_type_id");

-- CreateIndex
CREATE INDEX "volume_transfers_volume_id_idx" ON "volume_transfers"("volume_id");

-- CreateIndex
CREATE INDEX "volume_types_qos_specs_id_idx" ON "volume_types"("qos_specs_id");

-- Written by hand: what a Prisma schema cannot say. (No semicolons in comments: the engine splits there.)

-- Names are free again once their row is deleted.
CREATE UNIQUE INDEX qos_specs_live_name ON qos_specs (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX group_types_live_name ON group_types (name) WHERE deleted_at IS NULL;
-- A volume is offered once at a time.
CREATE UNIQUE INDEX volume_transfers_live_volume ON volume_transfers (volume_id) WHERE deleted_at IS NULL;

-- Lists show live rows only, newest first or oldest first.
CREATE INDEX volume_transfers_live_by_project ON volume_transfers (source_project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX volume_transfers_live ON volume_transfers (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX qos_specs_live ON qos_specs (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX group_types_live ON group_types (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX volume_types_live ON volume_types (created_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX messages_live_by_project ON messages (project_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
