import { cpus, totalmem } from "node:os";
import { findNats, runCommand } from "@quartermaster/servers";
import type { Platform } from "./run-report";

export async function describePlatform(postgres: string): Promise<Platform> {
  const nats = await findNats();
  const version = nats.kind === "program" ? await runCommand(nats.path, ["--version"]) : undefined;
  const commit = await runCommand("git", ["rev-parse", "--short", "HEAD"], { cwd: __dirname });
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    postgres,
    nats: version?.output.trim().replace(/^nats-server: /, "") ?? "an image",
    commit: commit.code === 0 ? commit.output.trim() : "unknown",
  };
}
