import { describeMachine, findNats, runCommand } from "@quartermaster/servers";
import type { Platform } from "./run-report";

export async function describePlatform(postgres: string): Promise<Platform> {
  const nats = await findNats();
  const version = nats.kind === "program" ? await runCommand(nats.path, ["--version"]) : undefined;
  const commit = await runCommand("git", ["rev-parse", "--short", "HEAD"], { cwd: __dirname });
  return {
    ...describeMachine(postgres),
    nats: version?.output.trim().replace(/^nats-server: /, "") ?? "an image",
    commit: commit.code === 0 ? commit.output.trim() : "unknown",
  };
}
