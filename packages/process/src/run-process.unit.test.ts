import { ProcessConfig } from "./config";
import { runProcess } from "./index";

test("a process that cannot go on ends with exit code 1, to be started again", async () => {
  const env = { ...process.env };
  Object.assign(process.env, { DATABASE_URL: "postgres://localhost/none", LOG_LEVEL: "silent" });
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const ended = new Promise<unknown>((resolve) => {
    jest.spyOn(process, "exit").mockImplementation((code) => resolve(code) as never);
    // The test process keeps its own end.
    jest.spyOn(process, "on").mockReturnValue(process);
  });
  runProcess({
    service: "orders",
    config: ProcessConfig,
    start: async () => ({ failed, stop: async () => undefined }),
  });
  expect(process.exit).not.toHaveBeenCalled();
  fail(new Error("nothing is served any more"));
  expect(await ended).toBe(1);
  jest.restoreAllMocks();
  process.env = env;
});
