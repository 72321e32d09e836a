// Where the Prisma CLI finds the schema; the server's address is given to the client by an adapter instead.
import { defineConfig } from 'prisma/config';

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } });
