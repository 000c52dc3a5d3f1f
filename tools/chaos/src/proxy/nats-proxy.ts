import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Random } from "../random";
import type { Recorder } from "../report/recorder";
import { type Frame, FrameReader } from "./frames";
import { fateIn, type Weather } from "./weather";

/** Between the services and nats-server: passes everything on, but for what the weather does to single messages. */
export interface NatsProxy {
  readonly url: string;
  /** From now on; undefined is fair weather. */
  weather(now: Weather | undefined): void;
  /**
   * Messages that clients publish to subjects that match are held back, until `release` sends them on. `count` of them were
   * held so far. `times` is the limit: what comes behind passes.
   */
  hold(subject: RegExp, times?: number): { readonly count: number; release(): void };
  /** Releases all that is held back. */
  letGo(): void;
  close(): Promise<void>;
}

interface Holding {
  readonly subject: RegExp;
  left: number;
  readonly held: (() => void)[];
}

export async function openProxy(natsPort: number, random: Random, record: Recorder): Promise<NatsProxy> {
  let weather: Weather | undefined;
  const holdings = new Set<Holding>();
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((client) => {
    const upstream = connect({ port: natsPort, host: "127.0.0.1" });
    const dice = random.fork(`connection ${++connections}`);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    pipe(
      client,
      upstream,
      (frame, pass) => heldBack(holdings, frame, pass) || blow(weather, dice, record, pass),
    );
    pipe(upstream, client, (_frame, pass) => blow(weather, dice, record, pass));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    weather: (now) => {
      weather = now;
    },
    hold: (subject, times = Number.POSITIVE_INFINITY) => {
      const holding: Holding = { subject, left: times, held: [] };
      holdings.add(holding);
      return {
        get count() {
          return holding.held.length;
        },
        release: () => {
          holdings.delete(holding);
          for (const pass of holding.held) pass();
        },
      };
    },
    letGo: () => {
      for (const { held } of holdings) for (const pass of held) pass();
      holdings.clear();
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

type Pass = () => void;

/** Frames one by one from a socket to the other. What the treatment does not pass on at once it passes on later, or never. */
function pipe(from: Socket, to: Socket, treat: (frame: Frame, pass: Pass) => Overtaking): void {
  const reader = new FrameReader();
  let overtaken: Pass | undefined;
  const write = (bytes: Buffer) => {
    if (!to.destroyed) to.write(bytes);
  };
  from.on("data", (chunk: Buffer) => {
    to.cork();
    for (const frame of reader.push(chunk)) {
      const pass = () => write(frame.bytes);
      if (frame.subject === undefined) pass();
      else if (treat(frame, pass) === "overtaken") {
        overtaken?.();
        overtaken = pass;
        continue;
      }
      overtaken?.();
      overtaken = undefined;
    }
    to.uncork();
  });
}

/** `overtaken`: the next message goes first. */
type Overtaking = "overtaken" | true | false;

function heldBack(holdings: ReadonlySet<Holding>, { subject = "" }: Frame, pass: Pass): boolean {
  for (const holding of holdings) {
    if (holding.left === 0 || !holding.subject.test(subject)) continue;
    holding.left -= 1;
    holding.held.push(pass);
    return true;
  }
  return false;
}

function blow(weather: Weather | undefined, random: Random, record: Recorder, pass: Pass): Overtaking {
  const fate = weather ? fateIn(weather, random) : { kind: "passed" as const };
  if (fate.kind !== "passed") record.count(`messages ${fate.kind}`);
  if (fate.kind === "reordered") return "overtaken";
  if (fate.kind === "delayed") setTimeout(pass, fate.ms);
  else if (fate.kind !== "dropped") pass();
  if (fate.kind === "doubled") pass();
  record.count("messages through the proxy");
  return true;
}
