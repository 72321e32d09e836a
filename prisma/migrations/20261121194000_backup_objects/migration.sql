-- CreateIndex
CREATE INDEX "backups_service_metadata_idx" ON "backups"("service_metadata");
