import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { platform } from "node:os";
import { delimiter, join } from "node:path";
import { runCommand } from "./run-command";

/** How nats-server is started here: a program on this machine, or an image on its Docker engine. */
export type NatsProgram = { kind: "program"; path: string } | { kind: "image"; image: string };

export const natsImage = "nats:2.12-alpine";

/** Debian keeps servers in sbin, which the PATH of an ordinary user leaves out. */
const usualFolders = ["/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/usr/bin", "/opt/homebrew/bin"];

/**
 * Finds nats-server: on the PATH, else unpacked from Debian's package (without installing it, so that no service of the
 * system starts), else on a running Docker engine, unless NATS_FROM_DOCKER is "false". Fails with one sentence on how to
 * get it.
 */
export async function findNats(onProgress?: (sentence: string) => void): Promise<NatsProgram> {
  const onPath = findProgram("nats-server");
  if (onPath !== undefined) return { kind: "program", path: onPath };
  const unpacked = join(__dirname, "..", "node_modules", ".cache", "nats-server");
  if (existsSync(unpacked)) return { kind: "program", path: unpacked };
  if (findProgram("apt-get") !== undefined) {
    onProgress?.("fetching Debian's nats-server");
    if (await unpackFromApt(unpacked)) return { kind: "program", path: unpacked };
  }
  if (process.env.NATS_FROM_DOCKER !== "false" && (await dockerAnswers()))
    return { kind: "image", image: natsImage };
  throw new Error(howToGet());
}

/** The full path of a program, or undefined. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...usualFolders];
  return folders
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function unpackFromApt(target: string): Promise<boolean> {
  const work = `${target}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    if (!(await download(work)) && process.getuid?.() === 0) {
      await runCommand("apt-get", ["update"]);
      await download(work);
    }
    const file = readdirSync(work).find((name) => name.endsWith(".deb"));
    if (file === undefined) return false;
    await runCommand("dpkg-deb", ["-x", join(work, file), work]);
    const program = ["usr/sbin", "usr/bin"]
      .map((folder) => join(work, folder, "nats-server"))
      .find(isExecutable);
    if (program === undefined) return false;
    renameSync(program, target);
    return true;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function download(folder: string): Promise<boolean> {
  return (await runCommand("apt-get", ["download", "nats-server"], { cwd: folder })).code === 0;
}

/** False at once without a docker command, and within three seconds when its engine does not answer. */
export async function dockerAnswers(): Promise<boolean> {
  if (findProgram("docker") === undefined) return false;
  return (
    (await runCommand("docker", ["version", "--format", "{{.Server.Version}}"], { withinMs: 3_000 })).code ===
    0
  );
}

function howToGet(): string {
  const ways: Partial<Record<NodeJS.Platform, string>> = {
    darwin: "install it with `brew install nats-server`",
    linux:
      "as root, `apt-get install nats-server` (Debian, Ubuntu) or put the program from github.com/nats-io/nats-server/releases on the PATH",
    win32: "use WSL, or `docker compose up`",
  };
  const way = ways[platform()] ?? "put the program from github.com/nats-io/nats-server/releases on the PATH";
  return `nats-server was not found: ${way}, or start a Docker engine, or set NATS_URL to a server that runs already.`;
}
