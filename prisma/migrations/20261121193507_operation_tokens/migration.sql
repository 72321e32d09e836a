-- CreateTable
CREATE TABLE "operation_tokens" (
    "operation_id" UUID NOT NULL,
    "token" TEXT NOT NULL,
    "created_at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "operation_tokens_pkey" PRIMARY KEY ("operation_id")
);
