import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
const folder = join(root, ".data", "contracts");

/** Packs `packages/contracts` as other teams get it. Returns the tarball's path. */
export function packContracts(): string {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  mkdirSync(folder, { recursive: true });
  const args = ["--yes", packageManager, "pack", "--json", "--pack-destination", folder];
  const cwd = join(root, "packages", "contracts");
  const { status, stdout, stderr } = spawnSync("npx", args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`the contracts could not be packed: ${stdout}${stderr}`);
  const { filename } = JSON.parse(stdout) as { filename: string };
  return filename;
}
