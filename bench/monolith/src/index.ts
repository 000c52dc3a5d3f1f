import { join } from "node:path";

export { openPool } from "./database";
export { auditJson, type DraftOrder, invoiceJson } from "./documents";
export { placeOrder, Refused, type Wish } from "./place-order";
export type { Statement } from "./statements";
export * as statements from "./statements";

/** Run by a superuser, after a role `monolith` was made; makes the schema anew. */
export const schemaFile = join(__dirname, "..", "schema.sql");

/** Started with node; main.ts says which environment variables it reads. */
export const program = join(__dirname, "..", "dist", "main.js");
