-- AlterTable
ALTER TABLE "operations" ADD COLUMN     "waiting_for" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "backend_pauses" ADD COLUMN     "kept_at" TIMESTAMP(3);
