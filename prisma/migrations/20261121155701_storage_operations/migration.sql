-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "checkpoint" JSONB;

-- AlterTable
ALTER TABLE "volumes" ADD COLUMN     "group_id" UUID;

-- AlterTable
ALTER TABLE "snapshots" ADD COLUMN     "group_snapshot_id" UUID;

-- CreateTable
CREATE TABLE "volume_groups" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "group_type_id" UUID NOT NULL,
    "volume_type_ids" JSONB NOT NULL DEFAULT '[]',
    "availability_zone" TEXT NOT NULL,
    "host" TEXT,
    "group_snapshot_id" UUID,
    "source_group_id" UUID,
    "operation_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "volume_groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "group_snapshots" (
    "id" UUID NOT NULL,
    "group_id" UUID NOT NULL,
    "group_type_id" UUID NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "operation_id" UUID,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(3),
    "deleted_at" TIMESTAMP(3),

    CONSTRAINT "group_snapshots_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "volume_groups_project_id_created_at_id_idx" ON "volume_groups"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "group_snapshots_project_id_created_at_id_idx" ON "group_snapshots"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "group_snapshots_group_id_idx" ON "group_snapshots"("group_id");

-- CreateIndex
CREATE INDEX "volumes_group_id_idx" ON "volumes"("group_id");

-- CreateIndex
CREATE INDEX "snapshots_group_snapshot_id_idx" ON "snapshots"("group_snapshot_id");
