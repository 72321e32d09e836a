-- AlterTable
ALTER TABLE "backups" ADD COLUMN     "service_metadata" TEXT;
