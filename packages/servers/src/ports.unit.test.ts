import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { claimPort, freePort } from "./ports";

test("a taken port is not handed out, and a wait for it ends with a sentence", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await freePort(port)).not.toBe(port);
  await expect(claimPort(port, 0)).rejects.toThrow(`Port ${port} is taken by another program.`);
  server.close();
  expect(await claimPort(port)).toBe(port);
});
