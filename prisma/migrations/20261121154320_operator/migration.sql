-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "pause_cause" TEXT,
ADD COLUMN     "paused_at" TIMESTAMP(3),
ADD COLUMN     "paused_host" TEXT,
ADD COLUMN     "paused_step" TEXT,
ADD COLUMN     "skipped_steps" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "too_late" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "backend_pauses" (
    "host" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "paused_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "released_by" TEXT,
    "release_reason" TEXT,
    "released_at" TIMESTAMP(3),
    "release_over_ms" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "backend_pauses_pkey" PRIMARY KEY ("host")
);

-- CreateTable
CREATE TABLE "audits" (
    "id" UUID NOT NULL,
    "actor" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "repair" BOOLEAN NOT NULL DEFAULT false,
    "places" JSONB NOT NULL DEFAULT '[]',
    "started_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMP(3),

    CONSTRAINT "audits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_findings" (
    "audit_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "class" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "resource_type" TEXT,
    "resource_id" TEXT,
    "detail" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "outcome" TEXT,
    "repaired_at" TIMESTAMP(3),

    CONSTRAINT "audit_findings_pkey" PRIMARY KEY ("audit_id","key")
);

-- CreateIndex
CREATE INDEX "audits_started_at_idx" ON "audits"("started_at");

-- CreateIndex
CREATE INDEX "audit_findings_resource_id_idx" ON "audit_findings"("resource_id");

-- CreateIndex
CREATE INDEX "operations_state_paused_at_idx" ON "operations"("state", "paused_at");
