import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { poll } from "@quartermaster/servers";
import type { ProcessName, Stack } from "@quartermaster/stack";
import type { Recorder } from "../report/recorder";
import { killFamily } from "./processes";

/** What can be done to a stack. Each is written down in the report. */
export interface Faults {
  /** kill -9; of Postgres together with all its backends. The stack starts it again. */
  kill(name: ProcessName): void;
  /** kill -9, and resolves when it runs again. */
  killAndWait(name: ProcessName): Promise<void>;
  /** SIGSTOP for so long, then SIGCONT. */
  pause(names: readonly ProcessName[], ms: number): Promise<void>;
  /** Ends it in order and starts it again; resolves when it is ready. */
  restart(name: ProcessName): Promise<void>;
  /** nats-server is killed, its store deleted, and it starts with nothing. */
  wipeNats(): Promise<void>;
  /** Sets the store aside as it is at this moment. */
  copyNats(): Promise<void>;
  /** nats-server is killed and starts with the store that was set aside. */
  rollBackNats(): Promise<void>;
}

const upWithinMs = 30_000;

export function faultsOn(stack: Stack, folder: string, record: Recorder): Faults {
  const store = join(folder, "nats", "jetstream");
  const copy = join(folder, "nats-copy");
  const kill = (name: ProcessName) => {
    const pid = stack.pids()[name];
    if (pid === undefined) return;
    record.fault("kill -9", name);
    if (name === "postgres") killFamily(pid);
    else stack.signalService(name, "SIGKILL");
  };
  const killedNats = async (kind: string, meanwhile: () => Promise<void>) => {
    record.fault(kind, "nats");
    await stack.stopService("nats", "SIGKILL");
    await meanwhile();
    await stack.startService("nats");
    record.faultsOver();
  };
  return {
    kill,
    killAndWait: async (name) => {
      const pid = stack.pids()[name];
      kill(name);
      const isBack = async () => ![pid, undefined].includes(stack.pids()[name]);
      if (!(await poll(isBack, upWithinMs, 50))) throw new Error(`${name} was killed and did not come back`);
      record.faultsOver();
    },
    pause: async (names, ms) => {
      for (const name of names) {
        record.fault("SIGSTOP", name);
        stack.signalService(name, "SIGSTOP");
      }
      await wait(ms);
      for (const name of names) stack.signalService(name, "SIGCONT");
      record.faultsOver();
    },
    restart: async (name) => {
      record.fault("restart", name);
      await stack.stopService(name);
      await stack.startService(name);
      record.faultsOver();
    },
    wipeNats: () => killedNats("store wiped", () => rm(store, { recursive: true, force: true })),
    copyNats: async () => {
      // Stopped for the moment of the copy, as a snapshot of a disk is: every file is of one moment.
      stack.signalService("nats", "SIGSTOP");
      await rm(copy, { recursive: true, force: true });
      await cp(store, copy, { recursive: true });
      stack.signalService("nats", "SIGCONT");
    },
    rollBackNats: () =>
      killedNats("store rolled back", async () => {
        await rm(store, { recursive: true, force: true });
        await cp(copy, store, { recursive: true });
      }),
  };
}
