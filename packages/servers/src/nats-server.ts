import { mkdirSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join, resolve } from "node:path";
import { type NatsAccess, writeNatsAccess } from "./nats-access";
import { findNats, type NatsProgram } from "./nats-program";
import { poll } from "./poll";
import { claimPort } from "./ports";
import { startWatched, type WatchedProcess } from "./watched-process";

export interface NatsOptions {
  /** Where JetStream keeps its streams. */
  storeFolder: string;
  /** Exactly this one; without it a free one. */
  port?: number;
  /** How long to wait for the port to become free. Default 10 s, for a server that comes back. */
  portWithinMs?: number;
  /** Who may connect. Without it anybody may, and do anything. */
  access?: NatsAccess;
  logFile?: string;
  removeOnAbandon?: string;
  onProgress?: (sentence: string) => void;
}

export interface NatsServer extends WatchedProcess {
  readonly port: number;
  readonly url: string;
}

/** Starts a real nats-server with JetStream on 127.0.0.1, and waits until it answers. Works from 2.9.10 on. */
export async function startNats(options: NatsOptions): Promise<NatsServer> {
  const program = await findNats(options.onProgress);
  mkdirSync(options.storeFolder, { recursive: true });
  const port = await claimPort(options.port, options.portWithinMs);
  const server = await start(program, port, options);
  const greeted = await poll<true | "gone">(
    async () => (server.running ? await greets(port) : "gone"),
    15_000,
  );
  if (greeted !== true) {
    await server.stop(1_000);
    const where = options.logFile === undefined ? "" : `: see ${options.logFile}`;
    throw new Error(`nats-server did not start (${await server.exited})${where}`);
  }
  return Object.assign(Object.create(server) as WatchedProcess, { port, url: `nats://127.0.0.1:${port}` });
}

function start(program: NatsProgram, port: number, options: NatsOptions): Promise<WatchedProcess> {
  const store = resolve(options.storeFolder);
  const users = options.access && writeNatsAccess(options.access, store);
  const watched = {
    env: { ...process.env, ...users?.environment },
    ...(options.logFile === undefined ? {} : { logFile: options.logFile }),
    ...(options.removeOnAbandon === undefined ? {} : { removeOnAbandon: options.removeOnAbandon }),
  };
  if (program.kind === "program") {
    const args = ["--addr", "127.0.0.1", "--port", `${port}`, "--jetstream", "--store_dir", store];
    if (users) args.push("--config", join(store, users.fileName));
    return startWatched(program.path, args, watched);
  }
  const place = ["-p", `127.0.0.1:${port}:4222`, "-v", `${store}:/data`];
  const passwords = Object.keys(users?.environment ?? {}).flatMap((name) => ["-e", name]);
  const args = ["run", "--rm", "--init", ...place, ...passwords, program.image];
  args.push("--jetstream", "--store_dir", "/data");
  if (users) args.push("--config", `/data/${users.fileName}`);
  return startWatched("docker", args, watched);
}

/** The server greets each connection with an INFO line as soon as it is ready. */
function greets(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ port, host: "127.0.0.1" });
    const end = (answer: true | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(500, () => end(undefined));
    socket.once("error", () => end(undefined));
    socket.once("data", (chunk) => end(chunk.toString("latin1").startsWith("INFO") ? true : undefined));
  });
}
