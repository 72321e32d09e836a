# One image for every role; the command chooses (see docker-compose.yml).
FROM node:20-bookworm-slim

# What storage, backup and compute hosts need: a target, an initiator, images, libvirt's client.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
      bzip2 ca-certificates e2fsprogs libiscsi-bin libvirt-clients qemu-block-extra qemu-utils tgt util-linux zstd \
 && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/scoria
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
# Generating needs no engine, but the CLI downloads one unless it is told where one is.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1 npx prisma generate

ENV NODE_ENV=production
# --enable-source-maps: traces name the TypeScript. workflow-thread.js: docs/decisions/0015.
ENTRYPOINT ["node", "--import", "tsx", "--import", "./workers/workflow-thread.js", "--enable-source-maps", "workers/main.ts"]
