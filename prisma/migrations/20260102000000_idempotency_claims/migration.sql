-- AlterTable
ALTER TABLE "idempotency_keys" ADD COLUMN "seed" UUID NOT NULL DEFAULT gen_random_uuid(),
ADD COLUMN "claimed_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
