import { join } from "node:path";

/** Started with node; main.ts says which environment variables it reads. */
export const program = join(__dirname, "..", "dist", "main.js");
